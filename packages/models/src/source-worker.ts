import { parentPort, workerData } from 'node:worker_threads'
import { ModelError } from './errors.ts'
import { checkSource, readSource } from './source-model.ts'
import type { SourceReply, SourceRequest } from './source-thread.ts'

parentPort!.postMessage(answer(workerData as SourceRequest))

function answer({ path, reading }: SourceRequest): SourceReply {
  try {
    if (reading) return { source: readSource(path, reading) }
    return { externalFiles: checkSource(path) }
  } catch (error) {
    if (!(error instanceof ModelError)) throw error
    return { failure: { code: error.code, message: error.message } }
  }
}
