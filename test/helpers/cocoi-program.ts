import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { cocoiProgram } from './virtual-cluster.ts'

/** What the program left behind. */
export interface Outcome {
  /** Exit code; null if a signal ended it. */
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** A running `cocoi`, as a user would have started it. */
export class CocoiProgram {
  readonly ended: Promise<Outcome>
  readonly #child: ChildProcessWithoutNullStreams
  #stdout = ''
  #stderr = ''

  constructor(args: readonly string[], env: Readonly<Record<string, string>>) {
    const [node, main] = cocoiProgram
    this.#child = spawn(node!, [main!, ...args], { env: { ...process.env, ...env } })
    this.#child.stdout.setEncoding('utf8').on('data', (text: string) => {
      this.#stdout += text
    })
    this.#child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr += text
    })
    this.ended = once(this.#child, 'close').then(([code]) => {
      return { code, stdout: this.#stdout, stderr: this.#stderr }
    })
  }

  get pid(): number {
    return this.#child.pid!
  }

  /** Resolves once stderr holds the text; rejects if the program ends without it. */
  async says(text: string): Promise<void> {
    while (!this.#stderr.includes(text)) {
      const ended = await Promise.race([once(this.#child.stderr, 'data'), this.ended])
      if ('code' in ended) throw new Error(`ended without "${text}": ${JSON.stringify(ended)}`)
    }
  }

  /** As Ctrl-C does. */
  interrupt(): void {
    this.#child.kill('SIGINT')
  }

  /** Processes it has started and those they have started; needs Linux's /proc. */
  descendants(): number[] {
    return descendantsOf(this.#child.pid!)
  }
}

/** Whether a process exists that is more than an entry nobody has collected. */
export function isRunning(pid: number): boolean {
  return (processStat(pid)?.state ?? 'Z') !== 'Z'
}

function descendantsOf(pid: number): number[] {
  const pids = readdirSync('/proc').filter(name => /^\d+$/.test(name))
  const children = pids.map(Number).filter(child => processStat(child)?.parent === pid)
  return children.flatMap(child => [child, ...descendantsOf(child)])
}

/** proc_pid_stat(5): after the name in parentheses come the state and the parent. */
function processStat(pid: number): { state: string; parent: number } | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const [state, parent] = text.slice(text.lastIndexOf(')') + 2).split(' ')
    return { state: state!, parent: Number(parent) }
  } catch {
    return undefined // it has ended
  }
}
