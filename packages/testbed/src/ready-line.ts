import type { ChildProcess } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { TestbedError } from './errors.ts'

/** Who is waited for, and where its last words are. */
export interface ReadyLineOptions {
  readonly name: string
  readonly logFile: string
  readonly readyTimeoutMs: number
}

/**
 * Waits for the line `ready <json>` of a daemon and returns the JSON. A daemon that does not come to
 * it is killed.
 *
 * @throws {TestbedError} ERR_DAEMON_FAILED with the last lines of its log
 */
export function readyLine(
  child: ChildProcess,
  { name, logFile, readyTimeoutMs }: ReadyLineOptions,
): Promise<Record<string, unknown>> {
  return new Promise((resolve, reject) => {
    const fail = (what: string) => {
      clearTimeout(timer)
      child.off('exit', onExit)
      child.kill('SIGKILL')
      const message = `${name} ${what}; its log ends with: ${lastLines(logFile)}`
      reject(new TestbedError('ERR_DAEMON_FAILED', message))
    }
    const timer = setTimeout(() => fail(`was not ready after ${readyTimeoutMs} ms`), readyTimeoutMs)
    child.once('error', error => fail(`could not be started (${error.message})`))
    const onExit = (code: number | null, signal: string | null) =>
      fail(`ended with ${signal ?? `exit code ${code}`}`)
    child.once('exit', onExit)
    // There is none if the process could not be spawned.
    if (!child.stdout) return
    createInterface({ input: child.stdout }).on('line', line => {
      if (!line.startsWith('ready ')) return
      clearTimeout(timer)
      child.off('exit', onExit)
      resolve(JSON.parse(line.slice('ready '.length)))
    })
  })
}

function lastLines(file: string): string {
  const lines = readFileSync(file, 'utf8').trim().split('\n')
  return lines.slice(-5).join(' | ') || 'nothing'
}
