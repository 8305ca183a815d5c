import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import type { Task } from './fuzz-thread.ts'
import type { FuzzedParser } from './fuzzed-parser.ts'
import type { Outcome } from './outcome.ts'
import { payload } from './payload.ts'

/** How often progress is looked at. */
const watchMs = 5000

/** A payload that is still not parsed after as many looks as this never will be. */
const patience = 6

/** More than any parser needs for such payloads; beyond it the thread ends with an error. */
const maxHeapMb = 512

/** Fuzzes in a thread that can be ended when a parser neither answers nor fails. */
export class GuardedFuzzing {
  #thread: Worker | undefined

  async fuzz(
    parser: FuzzedParser,
    { count, seed }: { count: number; seed: number },
  ): Promise<Outcome> {
    const progress = new SharedArrayBuffer(4)
    const current = new Int32Array(progress).fill(-1)
    const payloads = Math.max(1, Math.ceil(count * (parser.share ?? 1)))
    const task: Task = { parser: parser.name, count: payloads, seed, progress }
    const thread = this.#start()
    const stalled = new AbortController()
    const watch = watchProgress(current, stalled)
    try {
      thread.postMessage(task)
      const [outcome] = await once(thread, 'message', { signal: stalled.signal })
      return outcome as Outcome
    } catch (error) {
      await this.close()
      const what = stalled.signal.aborted ? 'no answer' : String(error)
      return ended(parser, { seed, index: Math.max(0, current[0]!), what })
    } finally {
      clearInterval(watch)
    }
  }

  async close(): Promise<void> {
    await this.#thread?.terminate()
    this.#thread = undefined
  }

  #start(): Worker {
    this.#thread ??= new Worker(new URL('./fuzz-thread.js', import.meta.url), {
      resourceLimits: { maxOldGenerationSizeMb: maxHeapMb },
    })
    return this.#thread
  }
}

function watchProgress(current: Int32Array, stalled: AbortController): NodeJS.Timeout {
  let last = current[0]
  let looks = 0
  return setInterval(() => {
    looks = current[0] === last ? looks + 1 : 0
    last = current[0]
    if (looks >= patience) stalled.abort()
  }, watchMs)
}

function ended(
  parser: FuzzedParser,
  { seed, index, what }: { seed: number; index: number; what: string },
): Outcome {
  const { bytes } = payload(parser, seed, index)
  const shown = Buffer.from(bytes.subarray(0, 200)).toString('hex')
  const finding = {
    parser: parser.name,
    index,
    kind: 'hang',
    message: what,
    payload: shown,
  } as const
  const none = { values: 0, refused: {}, slowest: { ms: 0, times: 0 } }
  return { parser: parser.name, payloads: index + 1, findings: [finding], ...none }
}
