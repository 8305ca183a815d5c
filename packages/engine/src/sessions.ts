import { InferenceSession, type Tensor } from 'onnxruntime-node'
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

  constructor(settings: WorkerSettings) {
    this.#settings = settings
  }

  async load(number: number, model: Uint8Array, options: LoadOptions): Promise<SessionDescription> {
    const session = await InferenceSession.create(model, runOptions(this.#settings, options))
    this.#sessions.set(number, session)
    try {
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
    const fetched = await session.run(tensors, [...(fetches ?? session.outputNames)])
    return { fetched: fetched as Record<string, Tensor>, runMs: performance.now() - startedAt }
  }
}

function describe(value: InferenceSession.ValueMetadata): TensorDescription {
  if (!value.isTensor) throw new Error(`"${value.name}" is not a tensor`)
  return { name: value.name, type: value.type as ElementTypeName, dims: value.shape }
}
