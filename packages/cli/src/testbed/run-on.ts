import { spawn } from 'node:child_process'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import type { Machine, Part } from '@cocoi/testbed'
import { CliError } from '../errors.ts'
import { exitCode } from '../exit-code.ts'

/** Longer than any measurement takes. */
const timeoutMs = 120_000

interface Program {
  readonly file: URL
  readonly args: readonly string[]
}

/** A program of ours on a machine. */
export interface Running {
  /** What it prints on stdout until it ends. @throws {CliError} ERR_CALIBRATION */
  readonly output: Promise<string>
  /** Resolves when it has printed something on stderr, or has ended. */
  readonly spoken: Promise<void>
}

export function runOn(machine: Machine, part: Part, { file, args }: Program): Running {
  const path = fileURLToPath(file)
  const [command, ...rest] = machine.command(part, [process.execPath, path, ...args])
  const child = spawn(command!, rest, {
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: timeoutMs,
    killSignal: 'SIGKILL',
  })
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', code => resolve(code))
  })
  const said = text(child.stderr)
  const output = Promise.all([text(child.stdout), said, ended]).then(([stdout, stderr, code]) => {
    if (code === 0) return stdout
    const reason = stderr.trim().split('\n').at(-1) || `it ended with ${code}`
    const message = `measuring ${machine.host.name} failed: ${reason}`
    throw new CliError('ERR_CALIBRATION', message, exitCode.failed)
  })
  const spoken = new Promise<void>(resolve => {
    child.stderr.once('data', () => resolve())
    child.once('close', () => resolve())
  })
  return { output, spoken }
}
