import { Worker } from 'node:worker_threads'
import { CoordinatorError } from '../errors.ts'
import type {
  CallAnswer,
  CallName,
  CallRequest,
  PlanningMessage,
  PlanningReply,
} from './messages.ts'

interface Pending {
  readonly resolve: (answer: never) => void
  readonly reject: (error: Error) => void
}

/**
 * Plans in a thread of its own: drawing some thousand inferences takes seconds of a Pi, during which
 * subtasks are to be forwarded all the same. One plan is made after the other.
 */
export class PlanningThread {
  readonly #pending = new Map<number, Pending>()
  #worker: Worker | undefined
  #nextId = 0
  #isClosed = false

  /**
   * @returns nothing where a present plan is given and none is better by more than a twentieth
   * @throws what planning throws, by its code; {CoordinatorError} ERR_STOPPING
   */
  decide(request: CallRequest<'decide'>): Promise<CallAnswer<'decide'>> {
    return this.#call('decide', request)
  }

  /**
   * @returns milliseconds that the present plan is predicted to take on the fleet as it is, without hindsight
   * @throws as `decide`
   */
  predict(request: CallRequest<'predict'>): Promise<CallAnswer<'predict'>> {
    return this.#call('predict', request)
  }

  /** Gives up what is being planned. */
  async close(): Promise<void> {
    this.#isClosed = true
    this.#fail(stopping())
    await this.#worker?.terminate()
  }

  #call<C extends CallName>(call: C, request: CallRequest<C>): Promise<CallAnswer<C>> {
    if (this.#isClosed) return Promise.reject(stopping())
    const id = this.#nextId++
    return new Promise((resolve, reject) => {
      this.#pending.set(id, { resolve, reject })
      this.#worker ??= this.#start()
      const message: PlanningMessage<C> = { id, call, request }
      this.#worker.postMessage(message)
    })
  }

  #start(): Worker {
    const worker = new Worker(new URL('./worker.js', import.meta.url), { name: 'cocoi-planner' })
    worker.on('message', (reply: PlanningReply) => this.#settle(reply))
    worker.on('error', error => {
      this.#worker = undefined
      this.#fail(error)
    })
    worker.unref()
    return worker
  }

  #settle(reply: PlanningReply): void {
    const pending = this.#pending.get(reply.id)
    this.#pending.delete(reply.id)
    if (!pending) return
    if ('failure' in reply) pending.reject(failed(reply.failure))
    else pending.resolve(reply.answer as never)
  }

  #fail(error: Error): void {
    const pending = [...this.#pending.values()]
    this.#pending.clear()
    for (const { reject } of pending) reject(error)
  }
}

function stopping(): CoordinatorError {
  return new CoordinatorError('ERR_STOPPING', 'the coordinator is about to stop')
}

/** The code of an error survives the way between threads, its class does not. */
function failed({ code, message }: { code: string; message: string }): Error {
  return Object.assign(new Error(message), { code })
}
