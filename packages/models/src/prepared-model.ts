import type { ModelProto } from '@cocoi/onnx'
import type { TensorFacts } from './dry-run.ts'

/**
 * An input or output of a prepared model. Inputs are static; −1 in an output stands for a size that
 * depends on the data.
 */
export type TensorSpec = TensorFacts

/** A model in the form in which it is planned, distributed and run. */
export interface PreparedModel {
  /**
   * Normalised: constants folded, inputs static, the shape of every tensor in value_info unless it
   * depends on the data. Every initializer of 4 KiB and more is external data with its SHA-256 as
   * location and offset 0.
   */
  readonly graph: ModelProto
  /** SHA-256 of the blob that holds the serialized graph. */
  readonly graphSha: string
  /** Folder of the blobs, to load the graph or a part of it with. */
  readonly weightsFolder: string
  /** SHA-256 of every blob that holds weights, sorted; the graph's own is not among them. */
  readonly blobs: readonly string[]
  readonly inputs: readonly TensorSpec[]
  readonly outputs: readonly TensorSpec[]
}
