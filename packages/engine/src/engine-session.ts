import { assertTensor, type EngineTensor } from './engine-tensor.ts'
import { EngineError } from './errors.ts'
import type { RunResult, SessionDescription, TensorDescription } from './messages.ts'
import { type TransferableFeeds, transferFeeds } from './transfer-feeds.ts'
import type { WorkerConnection } from './worker-connection.ts'

/** How one run is done. */
export interface RunOptions {
  /** Outputs to return; all by default. */
  readonly fetches?: readonly string[]
  /**
   * Moves each fed tensor that spans its whole ArrayBuffer to the worker instead of copying it.
   * The caller's view is empty afterwards.
   *
   * @default false
   */
  readonly transfer?: boolean
}

/** A model loaded in an engine. */
export interface EngineSession {
  readonly inputs: readonly TensorDescription[]
  readonly outputs: readonly TensorDescription[]
  /**
   * Runs the model once; runs of one engine are queued in the order of their calls.
   *
   * @throws {EngineError} ERR_ENGINE_TENSOR, ERR_ENGINE_RUN, ERR_ENGINE_CLOSED, ERR_ENGINE_CRASHED
   *   or ERR_ENGINE_SESSION_LOST
   */
  run(feeds: Readonly<Record<string, EngineTensor>>, options?: RunOptions): Promise<RunResult>
  /** Runs the model once and returns the shape of every output, without moving their bytes. */
  shapes(feeds: Readonly<Record<string, EngineTensor>>): Promise<Record<string, number[]>>
  /** Frees the session's memory; releasing twice, or after a crash, does nothing. */
  release(): Promise<void>
}

/** The session with that number in the worker at the other end of a connection. */
export class RemoteSession implements EngineSession {
  readonly inputs: readonly TensorDescription[]
  readonly outputs: readonly TensorDescription[]
  readonly #connection: WorkerConnection
  readonly #session: number
  #released = false

  constructor(connection: WorkerConnection, session: number, description: SessionDescription) {
    this.#connection = connection
    this.#session = session
    this.inputs = description.inputs
    this.outputs = description.outputs
  }

  async run(
    feeds: Readonly<Record<string, EngineTensor>>,
    { fetches, transfer = false }: RunOptions = {},
  ): Promise<RunResult> {
    const moved = this.#prepare(feeds, transfer)
    const request = { session: this.#session, feeds: moved.feeds, ...(fetches && { fetches }) }
    return this.#connection.request('run', request, moved.transferList)
  }

  async shapes(feeds: Readonly<Record<string, EngineTensor>>): Promise<Record<string, number[]>> {
    const moved = this.#prepare(feeds, false)
    const request = { session: this.#session, feeds: moved.feeds }
    return this.#connection.request('shapes', request, moved.transferList)
  }

  async release(): Promise<void> {
    if (this.#released || this.#connection.fault) return
    this.#released = true
    await this.#connection.request('release', { session: this.#session }).catch(error => {
      // What was released went with the worker.
      if (!this.#connection.fault) throw error
    })
  }

  #prepare(feeds: Readonly<Record<string, EngineTensor>>, transfer: boolean): TransferableFeeds {
    const { fault } = this.#connection
    if (fault?.code === 'ERR_ENGINE_CLOSED') throw fault
    if (this.#released || fault) {
      const reason = this.#released ? 'was released' : 'went with its worker thread'
      throw new EngineError('ERR_ENGINE_SESSION_LOST', `the session ${reason}; load it again`)
    }
    for (const [name, tensor] of Object.entries(feeds)) assertTensor(name, tensor)
    return transferFeeds(feeds, transfer)
  }
}
