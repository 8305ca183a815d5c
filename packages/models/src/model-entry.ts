import type { ModelConfig } from './model-config.ts'

/** A model of a repository. */
export interface ModelEntry {
  readonly name: string
  /** A whole number as text; the highest version of a model is the one in use. */
  readonly version: string
  /** Absolute path of the ONNX file. */
  readonly modelPath: string
  readonly config: ModelConfig
  /** Names of the classes, the first one for class 0. */
  readonly labels: readonly string[] | undefined
  /** Changes when a file of the model does (from their sizes and times of modification). */
  readonly fingerprint: string
}
