import { type EngineSession, RemoteSession } from './engine-session.ts'
import { EngineError } from './errors.ts'
import type {
  LoadOptions,
  ModelSource,
  NormalisedModel,
  NormaliseOptions,
  WorkerSettings,
} from './messages.ts'
import { WorkerConnection } from './worker-connection.ts'

/** How an engine is made. */
export interface EngineOptions {
  /** Threads that one run may use; by default one per physical core. */
  readonly threads?: number
  /** Name of the worker thread, as debuggers and `ps -T` show it. */
  readonly name?: string
  /**
   * Imitates a slower runtime: a run takes at least as long as its convolutions and matrix products
   * would at this speed. The processor is idle meanwhile, and everything else is as fast as it is.
   */
  readonly flopsPerS?: number
}

/**
 * onnxruntime in a worker thread of its own. One thing happens at a time, in the order of the calls;
 * the caller's event loop is never blocked by it.
 */
export interface Engine {
  /**
   * Loads an ONNX model. After a crash this starts a new worker; the sessions of the old one are lost.
   *
   * @throws {EngineError} ERR_ENGINE_LOAD, ERR_ENGINE_CLOSED or ERR_ENGINE_CRASHED
   */
  load(model: Uint8Array, options?: LoadOptions): Promise<EngineSession>
  /**
   * Folds constants and BatchNorms, and moves weights of 4 KiB and more to a file of their own in
   * `outputFolder`. Symbolic dimensions stay: onnxruntime-node has no way to fix them.
   *
   * @throws {EngineError} ERR_ENGINE_LOAD, ERR_ENGINE_CLOSED or ERR_ENGINE_CRASHED
   */
  normalise(model: ModelSource, options: NormaliseOptions): Promise<NormalisedModel>
  /**
   * Milliseconds since the worker last answered or became busy; 0 if nothing is asked of it. Grows without
   * end when onnxruntime hangs.
   */
  readonly busyMs: number
  /**
   * Rejects what is pending with ERR_ENGINE_CLOSED and resolves when the worker has ended, after the
   * run under way. To be awaited before the process exits: onnxruntime aborts when its thread is
   * torn down during a run.
   */
  close(): Promise<void>
}

/** @throws {RangeError} unless `threads` is a positive integer */
export function createEngine(options: EngineOptions = {}): Engine {
  const { threads = 0, name = 'engine' } = options
  if (!Number.isInteger(threads) || threads < (options.threads === undefined ? 0 : 1)) {
    throw new RangeError(`threads must be a positive integer, got ${threads}`)
  }
  return new WorkerEngine({ threads, name, flopsPerS: options.flopsPerS })
}

class WorkerEngine implements Engine {
  readonly #settings: WorkerSettings
  #connection: WorkerConnection | undefined
  #closed: Promise<void> | undefined
  #nextSession = 0

  constructor(settings: WorkerSettings) {
    this.#settings = settings
  }

  async load(model: Uint8Array, options: LoadOptions = {}): Promise<EngineSession> {
    const connection = this.#connect()
    const session = this.#nextSession++
    const bytes = new Uint8Array(model)
    const request = { session, model: bytes, options }
    const description = await connection.request('load', request, [bytes.buffer])
    return new RemoteSession(connection, session, description)
  }

  async normalise(model: ModelSource, options: NormaliseOptions): Promise<NormalisedModel> {
    return this.#connect().request('normalise', { model, options })
  }

  get busyMs(): number {
    return this.#connection?.busyMs ?? 0
  }

  close(): Promise<void> {
    this.#closed ??= this.#connection?.close() ?? Promise.resolve()
    return this.#closed
  }

  #connect(): WorkerConnection {
    if (this.#closed) throw new EngineError('ERR_ENGINE_CLOSED', 'the engine is closed')
    if (!this.#connection || this.#connection.fault) {
      this.#connection = new WorkerConnection(this.#settings)
    }
    return this.#connection
  }
}
