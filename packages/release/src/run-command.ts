import { spawnSync } from 'node:child_process'
import { ReleaseError } from './errors.ts'

export interface CommandOptions {
  readonly folder: string
  readonly environment?: NodeJS.ProcessEnv
  /** Two minutes by default. */
  readonly timeoutMs?: number
}

/**
 * Runs a program to its end and returns what it printed.
 *
 * @throws {ReleaseError} ERR_COMMAND_FAILED with its last lines
 */
export function runCommand(
  [program = '', ...parameters]: readonly string[],
  { folder, environment = process.env, timeoutMs = 120_000 }: CommandOptions,
): string {
  const settings = { cwd: folder, env: environment, timeout: timeoutMs, encoding: 'utf8' } as const
  const { status, signal, error, stdout, stderr } = spawnSync(program, parameters, settings)
  if (status === 0) return stdout
  const ending = error?.message ?? `ended with ${signal ?? `exit code ${status}`}`
  const lines = `${stdout ?? ''}${stderr ?? ''}`.trim().split('\n').slice(-8).join('\n')
  throw new ReleaseError('ERR_COMMAND_FAILED', `${program} ${parameters[0]}: ${ending}\n${lines}`)
}
