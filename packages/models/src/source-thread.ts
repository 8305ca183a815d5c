import { Worker } from 'node:worker_threads'
import { ModelError, type ModelErrorCode } from './errors.ts'
import type { Reading, SourceModel } from './source-model.ts'

/** What the thread is to do: check the file, and with `reading` also make it ready. */
export interface SourceRequest {
  readonly path: string
  readonly reading: Reading | undefined
}

/** What the thread found. */
export type SourceReply =
  | { readonly source: SourceModel }
  | { readonly externalFiles: readonly string[] }
  | { readonly failure: { readonly code: ModelErrorCode; readonly message: string } }

/**
 * Checks a model file in a thread of its own, since that takes seconds for a large one.
 *
 * @returns the files beside it that hold weights, relative to its folder
 * @throws {ModelError}
 */
export async function checkSourceInThread(path: string): Promise<readonly string[]> {
  const reply = await inThread({ path, reading: undefined })
  return 'externalFiles' in reply ? reply.externalFiles : []
}

/**
 * Checks a model file and makes it ready for onnxruntime, in a thread of its own.
 *
 * @throws {ModelError}
 */
export async function readSourceInThread(path: string, reading: Reading): Promise<SourceModel> {
  const reply = await inThread({ path, reading })
  if ('source' in reply) return reply.source
  throw new ModelError('ERR_MODEL_FILE', `${path}: the thread that reads it gave no answer`)
}

/** The thread ends by itself once it has answered, or with the error that stopped it. */
function inThread(request: SourceRequest): Promise<SourceReply> {
  const worker = new Worker(new URL('./source-worker.js', import.meta.url), {
    workerData: request,
    name: 'model-reader',
  })
  return new Promise((resolve, reject) => {
    const stopped = (reason: string, cause?: unknown) =>
      new ModelError('ERR_MODEL_FILE', `${request.path}: reading it failed: ${reason}`, { cause })
    worker.once('message', (reply: SourceReply) => {
      if ('failure' in reply) reject(new ModelError(reply.failure.code, reply.failure.message))
      else resolve(reply)
    })
    worker.once('error', error => reject(stopped(error.message, error)))
    worker.once('exit', code => reject(stopped(`the thread ended with code ${code}`)))
  })
}
