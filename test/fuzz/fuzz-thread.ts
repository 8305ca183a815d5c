import { parentPort } from 'node:worker_threads'
import { fuzzParser } from './fuzz-parser.ts'
import { fuzzedParsers } from './parsers/index.ts'

/** What the thread is asked to do, one at a time. */
export interface Task {
  readonly parser: string
  readonly count: number
  readonly seed: number
  /** One Int32: the number of the payload that is being parsed. */
  readonly progress: SharedArrayBuffer
}

parentPort?.on('message', (task: Task) => void work(task))

async function work({ parser, count, seed, progress }: Task): Promise<void> {
  const current = new Int32Array(progress)
  const found = fuzzedParsers.find(({ name }) => name === parser)!
  const onPayload = (index: number) => {
    current[0] = index
  }
  parentPort?.postMessage(await fuzzParser(found, { count, seed, onPayload }))
}
