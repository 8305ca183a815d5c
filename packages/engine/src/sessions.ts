import { setTimeout as delay } from 'node:timers/promises'
import { InferenceSession, type Tensor } from 'onnxruntime-node'
import type { Arithmetic } from './arithmetic.ts'
import type { ElementTypeName, EngineTensor } from './engine-tensor.ts'
import { EngineError } from './errors.ts'
import type {
  LoadOptions,
  RunResult,
  SessionDescription,
  TensorDescription,
  WorkerSettings,
} from './messages.ts'
import { fromOrtTensor, toOrtTensor } from './ort-tensor.ts'
import { runOptions } from './session-options.ts'

/** The onnxruntime sessions of a worker by the number the main thread gave them. */
export class Sessions {
  readonly #settings: WorkerSettings
  readonly #sessions = new Map<number, InferenceSession>()
  readonly #arithmetic = new Map<number, Arithmetic>()

  constructor(settings: WorkerSettings) {
    this.#settings = settings
  }

  async load(number: number, model: Uint8Array, options: LoadOptions): Promise<SessionDescription> {
    const session = await InferenceSession.create(model, runOptions(this.#settings, options))
    this.#sessions.set(number, session)
    try {
      if (this.#settings.flopsPerS !== undefined) {
        this.#arithmetic.set(number, await arithmeticOf(model))
      }
      return {
        inputs: session.inputMetadata.map(describe),
        outputs: session.outputMetadata.map(describe),
      }
    } catch (error) {
      await this.release(number)
      throw error
    }
  }

  async run(
    number: number,
    feeds: Record<string, EngineTensor>,
    fetches?: readonly string[],
  ): Promise<RunResult> {
    const { fetched, runMs } = await this.#fetch(number, feeds, fetches)
    const outputs = Object.entries(fetched).map(([name, tensor]) => [
      name,
      fromOrtTensor(name, tensor),
    ])
    return { outputs: Object.fromEntries(outputs), runMs }
  }

  async shapes(
    number: number,
    feeds: Record<string, EngineTensor>,
  ): Promise<Record<string, number[]>> {
    const { fetched } = await this.#fetch(number, feeds)
    const shapes = Object.entries(fetched).map(([name, tensor]) => [name, [...tensor.dims]])
    return Object.fromEntries(shapes)
  }

  async release(number: number): Promise<void> {
    const session = this.#sessions.get(number)
    this.#sessions.delete(number)
    this.#arithmetic.delete(number)
    await session?.release()
  }

  async releaseAll(): Promise<void> {
    for (const number of [...this.#sessions.keys()]) await this.release(number)
  }

  async #fetch(
    number: number,
    feeds: Record<string, EngineTensor>,
    fetches?: readonly string[],
  ): Promise<{ fetched: Record<string, Tensor>; runMs: number }> {
    const session = this.#sessions.get(number)
    if (!session) throw new EngineError('ERR_ENGINE_SESSION_LOST', 'the session was released')
    const tensors = Object.fromEntries(
      Object.entries(feeds).map(([name, tensor]) => [name, toOrtTensor(tensor)]),
    )
    const startedAt = performance.now()
    const result = await session.run(tensors, [...(fetches ?? session.outputNames)])
    const fetched = result as Record<string, Tensor>
    const leastMs = this.#leastMs(number, { ...tensors, ...fetched })
    const restMs = leastMs - (performance.now() - startedAt)
    if (restMs > 0) await delay(restMs)
    return { fetched, runMs: performance.now() - startedAt }
  }

  /** How long the arithmetic takes on the runtime that is imitated. */
  #leastMs(number: number, tensors: Record<string, Tensor>): number {
    const { flopsPerS } = this.#settings
    const arithmetic = this.#arithmetic.get(number)
    if (!arithmetic || flopsPerS === undefined) return 0
    const shapes = Object.entries(tensors).map(([name, { dims }]) => [name, dims] as const)
    return (1000 * arithmetic.flops(new Map(shapes))) / flopsPerS
  }
}

/** Only where a slow runtime is imitated are models read in this thread: the reader takes megabytes. */
async function arithmeticOf(model: Uint8Array): Promise<Arithmetic> {
  const { Arithmetic } = await import('./arithmetic.ts')
  return new Arithmetic(model)
}

function describe(value: InferenceSession.ValueMetadata): TensorDescription {
  if (!value.isTensor) throw new Error(`"${value.name}" is not a tensor`)
  return { name: value.name, type: value.type as ElementTypeName, dims: value.shape }
}
