import { Worker } from 'node:worker_threads'
import { EngineError } from './errors.ts'
import type { Exchanges, Reply, Request, Verb, WorkerSettings } from './messages.ts'
import { disableTelemetry } from './telemetry.ts'

interface Pending {
  readonly resolve: (answer: never) => void
  readonly reject: (error: Error) => void
}

/** One worker thread and the requests it has not answered yet. */
export class WorkerConnection {
  readonly #worker: Worker
  readonly #pending = new Map<number, Pending>()
  readonly #exited: Promise<void>
  #nextId = 0
  /** When the worker last answered, or was asked something when it had nothing to do. */
  #movedAt = 0
  #fault: EngineError | undefined

  constructor(settings: WorkerSettings) {
    disableTelemetry()
    this.#worker = new Worker(new URL('./worker.js', import.meta.url), {
      workerData: settings,
      name: settings.name,
    })
    this.#worker.on('message', (reply: Reply) => this.#settle(reply))
    this.#worker.on('error', error => this.#fail(crashed(error)))
    this.#exited = new Promise(resolve => {
      this.#worker.once('exit', code => {
        this.#fail(crashed(new Error(`exit code ${code}`)))
        resolve()
      })
    })
  }

  /** Why no request can be made any more: ERR_ENGINE_CLOSED or ERR_ENGINE_CRASHED. */
  get fault(): EngineError | undefined {
    return this.#fault
  }

  /** Milliseconds since the worker last moved on; 0 if nothing is asked of it. */
  get busyMs(): number {
    return this.#pending.size === 0 ? 0 : performance.now() - this.#movedAt
  }

  request<V extends Verb>(
    verb: V,
    request: Exchanges[V]['request'],
    transferList: readonly ArrayBuffer[] = [],
  ): Promise<Exchanges[V]['answer']> {
    if (this.#fault) return Promise.reject(this.#fault)
    const id = this.#nextId++
    return new Promise((resolve, reject) => {
      this.#worker.postMessage({ ...request, id, verb }, transferList)
      if (this.#pending.size === 0) this.#movedAt = performance.now()
      this.#pending.set(id, { resolve, reject })
    })
  }

  /**
   * Rejects all that is pending and resolves when the thread has ended. A run under way cannot be
   * interrupted: ending the thread inside onnxruntime would abort the whole process.
   */
  async close(): Promise<void> {
    if (!this.#fault) {
      this.#worker.postMessage({ id: this.#nextId++, verb: 'close' } satisfies Request)
    }
    this.#fail(new EngineError('ERR_ENGINE_CLOSED', 'the engine was closed'))
    await this.#exited
  }

  #settle(reply: Reply): void {
    const pending = this.#pending.get(reply.id)
    this.#pending.delete(reply.id)
    this.#movedAt = performance.now()
    if (!pending) return
    if ('answer' in reply) pending.resolve(reply.answer as never)
    else pending.reject(new EngineError(reply.failure.code, reply.failure.message))
  }

  /** Rejects what is pending; the first fault is the one that is told from now on. */
  #fail(fault: EngineError): void {
    this.#fault ??= fault
    const pending = [...this.#pending.values()]
    this.#pending.clear()
    for (const { reject } of pending) reject(this.#fault)
  }
}

function crashed(cause: Error): EngineError {
  const message = `the engine's worker thread ended: ${cause.message}`
  return new EngineError('ERR_ENGINE_CRASHED', message, { cause })
}
