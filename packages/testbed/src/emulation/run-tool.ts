import { execFile } from 'node:child_process'
import { TestbedError } from '../errors.ts'

/** Longer than any of these takes, even on a busy machine. */
const timeoutMs = 20_000

/**
 * Runs `ip` or `tc` and returns what it prints.
 *
 * @throws {TestbedError} ERR_NO_EMULATION with what it said
 */
export function runTool(tool: 'ip' | 'tc', args: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile(tool, [...args], { timeout: timeoutMs }, (error, stdout, stderr) => {
      if (!error) return resolve(stdout)
      reject(
        new TestbedError('ERR_NO_EMULATION', reason(`${tool} ${args.join(' ')}`, error, stderr)),
      )
    })
  })
}

function reason(command: string, error: Error, stderr: string): string {
  const isMissing = 'code' in error && error.code === 'ENOENT'
  if (isMissing) return 'networks cannot be emulated without ip and tc: install iproute2'
  return `${command} failed: ${stderr.trim().split('\n')[0] || error.message}`
}
