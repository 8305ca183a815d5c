import { parentPort, workerData } from 'node:worker_threads'
import { EngineError, type EngineErrorCode } from './errors.ts'
import type { Exchanges, Reply, Request, Verb, WorkerSettings } from './messages.ts'
import { normalise } from './normalise.ts'
import { Sessions } from './sessions.ts'
import { nameThread } from './thread-name.ts'

const port = parentPort!
const settings = workerData as WorkerSettings
nameThread(settings.name)
const sessions = new Sessions(settings)
let last = Promise.resolve()
let closing = false

/**
 * Requests are served one after the other in their order. `close` is seen between two runs at the
 * latest, since onnxruntime's binding yields to the event loop before each: what is queued behind
 * the run under way is then skipped.
 */
port.on('message', (request: Request) => {
  if (request.verb === 'close') closing = true
  last = last.then(() => (request.verb === 'close' ? close() : serve(request)))
})

async function close(): Promise<void> {
  await sessions.releaseAll()
  port.close()
}

type Served = Exclude<Request, { verb: 'close' }>

async function serve(request: Served): Promise<void> {
  if (closing) return
  try {
    reply({ id: request.id, answer: await perform(request) })
  } catch (error) {
    reply({ id: request.id, failure: describeFailure(request.verb, error) })
  }
}

function perform(request: Served): Promise<Exchanges[Verb]['answer']> {
  switch (request.verb) {
    case 'load':
      return sessions.load(request.session, request.model, request.options)
    case 'run':
      return sessions.run(request.session, request.feeds, request.fetches)
    case 'shapes':
      return sessions.shapes(request.session, request.feeds)
    case 'release':
      return sessions.release(request.session).then(() => undefined)
    case 'normalise':
      return normalise(request.model, request.options, settings)
  }
}

function reply(reply: Reply): void {
  port.postMessage(reply, 'answer' in reply ? outputBuffers(reply.answer) : [])
}

function outputBuffers(answer: Exchanges[Verb]['answer']): ArrayBuffer[] {
  if (!answer || !('runMs' in answer)) return []
  const outputs = Object.values(answer.outputs as Exchanges['run']['answer']['outputs'])
  return [...new Set(outputs.map(tensor => tensor.data.buffer as ArrayBuffer))]
}

function describeFailure(verb: Verb, error: unknown): { code: EngineErrorCode; message: string } {
  if (error instanceof EngineError) return { code: error.code, message: error.message }
  const code = verb === 'load' || verb === 'normalise' ? 'ERR_ENGINE_LOAD' : 'ERR_ENGINE_RUN'
  const text = error instanceof Error ? error.message : String(error)
  return { code, message: text.split('\n', 1)[0]! }
}
