import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

const PROGRAM = fileURLToPath(new URL('../../../../packages/cli/bin/cocoi.js', import.meta.url))

/** How `cocoi` is started; nothing of our own environment reaches it. */
export interface CocoiOptions {
  readonly workingFolder: string
  readonly environment?: Record<string, string>
  /** A program, and its arguments, that is to start it, such as in a network of its own. */
  readonly launcher?: readonly string[]
  /** Written to its stdin. */
  readonly input?: string
}

export interface Outcome {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

const running = new Set<ChildProcessWithoutNullStreams>()

/** A running `cocoi`. */
export class CocoiProcess {
  readonly child: ChildProcessWithoutNullStreams
  readonly ended: Promise<Outcome>
  readonly output = { stdout: '', stderr: '' }

  constructor(args: readonly string[], options: CocoiOptions) {
    const { workingFolder, environment, launcher = [], input } = options
    const [program, ...rest] = [...launcher, process.execPath, PROGRAM, ...args]
    this.child = spawn(program!, rest, {
      cwd: workingFolder,
      env: { PATH: process.env.PATH ?? '', HOME: workingFolder, ...environment },
    })
    for (const stream of ['stdout', 'stderr'] as const) {
      this.child[stream].setEncoding('utf8').on('data', (text: string) => {
        this.output[stream] += text
        this.child.emit('output')
      })
    }
    this.child.stdin.end(input)
    running.add(this.child)
    this.ended = once(this.child, 'close').then(([code]) => {
      running.delete(this.child)
      return { code, ...this.output }
    })
  }

  /** Resolves with the first match once the output has one. */
  async says(stream: 'stdout' | 'stderr', pattern: RegExp): Promise<RegExpExecArray> {
    for (;;) {
      const match = pattern.exec(this.output[stream])
      if (match) return match
      const news = await Promise.race([once(this.child, 'output'), this.ended])
      if ('code' in news) throw new Error(`it ended without ${pattern}: ${JSON.stringify(news)}`)
    }
  }

  stop(): Promise<Outcome> {
    this.child.kill('SIGTERM')
    return this.ended
  }
}

/** Runs a command to its end. */
export function cocoi(args: readonly string[], options: CocoiOptions): Promise<Outcome> {
  return new CocoiProcess(args, options).ended
}

/** Ends what a failed test left running. */
export function endProcesses(): void {
  for (const child of running) child.kill('SIGKILL')
}
