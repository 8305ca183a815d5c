import type { ElementTypeName, EngineTensor } from './engine-tensor.ts'
import type { EngineErrorCode } from './errors.ts'

/** Name, type and shape of a model's input or output; a symbolic dimension is its name. */
export interface TensorDescription {
  readonly name: string
  readonly type: ElementTypeName
  /** A string is a symbolic dimension, empty when the model does not name it. */
  readonly dims: readonly (number | string)[]
}

/** Graph optimisation of onnxruntime at load. `all` includes layouts specific to this CPU. */
export type Optimization = 'all' | 'basic' | 'disabled'

/** How a model is loaded. */
export interface LoadOptions {
  /** Folder that holds the files the model's external data refers to. */
  readonly weightsFolder?: string
  /** @default 'all' */
  readonly optimization?: Optimization
  /**
   * Whether onnxruntime may keep a second, reordered copy of matrix weights. Without it external
   * weights stay a shared mapping of their file, which the kernel may drop under memory pressure.
   *
   * @default true
   */
  readonly prepack?: boolean
}

/** How a model is normalised. */
export interface NormaliseOptions {
  /** Existing folder that receives the graph and its weights file. */
  readonly outputFolder: string
  /** Folder of the model's own external data, for a model given as bytes. */
  readonly weightsFolder?: string
}

/** What a normalised model consists of. */
export interface NormalisedModel {
  /** ONNX model whose larger initializers are external data in the weights file. */
  readonly graph: Uint8Array
  /** Path of the weights file; it exists also when nothing was large enough to be put into it. */
  readonly weightsFile: string
}

/** What one run returned. */
export interface RunResult {
  readonly outputs: Record<string, EngineTensor>
  /** Time inside onnxruntime alone: no queue, no message. */
  readonly runMs: number
}

/** What a load returned. */
export interface SessionDescription {
  readonly inputs: TensorDescription[]
  readonly outputs: TensorDescription[]
}

/** A model as bytes, or as a file whose external data lies beside it. */
export type ModelSource = Uint8Array | { readonly path: string }

/** Settings of a worker, the same for all sessions in it. */
export interface WorkerSettings {
  readonly threads: number
  /** Speed that convolutions and matrix products do not exceed; undefined for no such limit. */
  readonly flopsPerS: number | undefined
  /** Of the thread. */
  readonly name: string
}

/** Every request to the worker with the answer it gives. */
export interface Exchanges {
  load: {
    request: { session: number; model: Uint8Array; options: LoadOptions }
    answer: SessionDescription
  }
  run: {
    request: { session: number; feeds: Record<string, EngineTensor>; fetches?: readonly string[] }
    answer: RunResult
  }
  shapes: {
    request: { session: number; feeds: Record<string, EngineTensor> }
    answer: Record<string, number[]>
  }
  release: { request: { session: number }; answer: undefined }
  normalise: { request: { model: ModelSource; options: NormaliseOptions }; answer: NormalisedModel }
}

/** The verb of a request. */
export type Verb = keyof Exchanges

/** Main thread → worker. `close` has no answer but the end of the thread. */
export type Request =
  | { [V in Verb]: { id: number; verb: V } & Exchanges[V]['request'] }[Verb]
  | { id: number; verb: 'close' }

/** Worker → main thread: the answer to the request of that id, or why there is none. */
export type Reply =
  | { id: number; answer: Exchanges[Verb]['answer'] }
  | { id: number; failure: { code: EngineErrorCode; message: string } }
