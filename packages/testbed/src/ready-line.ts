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

type Facts = Readonly<Record<string, unknown>>

const prefix = 'ready '

/**
 * Waits for the line `ready <json>` of a daemon and returns the JSON. A daemon that does not come to
 * it is killed.
 *
 * @throws {TestbedError} ERR_DAEMON_FAILED with the last lines of its log
 */
export async function readyLine(child: ChildProcess, options: ReadyLineOptions): Promise<Facts> {
  const { name, logFile, readyTimeoutMs } = options
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    const error = new Error(`was not ready after ${readyTimeoutMs} ms`)
    timer = setTimeout(() => reject(error), readyTimeoutMs)
  })
  try {
    return await Promise.race([facts(child), ended(child), late])
  } catch (error) {
    child.kill('SIGKILL')
    const message = `${name} ${(error as Error).message}; its log ends with: ${lastLines(logFile)}`
    throw new TestbedError('ERR_DAEMON_FAILED', message)
  } finally {
    clearTimeout(timer)
  }
}

/** Rejects when the process has ended, or could not be spawned. */
function ended(child: ChildProcess): Promise<never> {
  return new Promise((_, reject) => {
    child.once('error', ({ message }) => reject(new Error(`could not be started (${message})`)))
    child.once('exit', (code, signal) =>
      reject(new Error(`ended with ${signal ?? `exit code ${code}`}`)),
    )
  })
}

function facts(child: ChildProcess): Promise<Facts> {
  return new Promise((resolve, reject) => {
    // There is no stdout if the process could not be spawned.
    if (!child.stdout) return
    createInterface({ input: child.stdout }).on('line', line => {
      if (!line.startsWith(prefix)) return
      const value = parsed(line.slice(prefix.length))
      if (value) resolve(value)
      else reject(new Error(`said "${line.slice(0, 200)}", which is not ready and a JSON object`))
    })
  })
}

function parsed(text: string): Facts | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? (value as Facts) : undefined
  } catch {
    return undefined
  }
}

function lastLines(file: string): string {
  const lines = readFileSync(file, 'utf8').trim().split('\n')
  return lines.slice(-5).join(' | ') || 'nothing'
}
