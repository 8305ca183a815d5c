import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

/** How a program of the `programs` folder is started; nothing of our own environment reaches it. */
export interface ProgramOptions {
  readonly arguments?: readonly string[]
  readonly environment?: Record<string, string>
  readonly workingFolder?: string
}

/** What a program left behind. */
export interface Outcome {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

const running = new Set<ChildProcessWithoutNullStreams>()

/** A running program of the `programs` folder. */
export class Program {
  readonly child: ChildProcessWithoutNullStreams
  readonly ended: Promise<Outcome>
  #output = { stdout: '', stderr: '' }

  constructor(name: string, options: ProgramOptions = {}) {
    const file = fileURLToPath(new URL(`./programs/${name}.js`, import.meta.url))
    const path = process.env.PATH ?? ''
    this.child = spawn(process.execPath, [file, ...(options.arguments ?? [])], {
      env: { PATH: path, ...options.environment },
      cwd: options.workingFolder,
    })
    for (const stream of ['stdout', 'stderr'] as const) {
      this.child[stream].setEncoding('utf8')
      this.child[stream].on('data', (text: string) => {
        this.#output[stream] += text
        this.child.emit('output')
      })
    }
    running.add(this.child)
    this.child.once('close', () => running.delete(this.child))
    this.ended = once(this.child, 'close').then(([code]) => ({ code, ...this.#output }))
  }

  /** Resolves once the output holds `text` so many times; rejects if the program ends without it. */
  async says(stream: 'stdout' | 'stderr', text: string, times = 1): Promise<void> {
    while (this.#output[stream].split(text).length <= times) {
      const ended = await Promise.race([once(this.child, 'output'), this.ended])
      if ('code' in ended) throw new Error(`it ended without "${text}": ${JSON.stringify(ended)}`)
    }
  }
}

/** Runs a program to its end. */
export function run(name: string, options: ProgramOptions = {}): Promise<Outcome> {
  return new Program(name, options).ended
}

/** Ends what a failed test left running. */
export function endPrograms(): void {
  for (const child of running) child.kill('SIGKILL')
}
