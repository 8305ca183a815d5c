import { floatTensor, type ModelProto, setExternal, type TensorProto } from '@cocoi/onnx'
import { networkOf } from './architectures.ts'
import type { Parameter } from './network.ts'
import { SeededValues } from './seeded-values.ts'
import type { ZooName } from './zoo.ts'

/** A model whose weights are drawn while they are written. */
export interface StreamedModel {
  /** The graph, some 100 KB: every weight is external data in the weights file. */
  readonly model: ModelProto
  /** Length of the weights file. */
  readonly weightsBytes: number
  /**
   * The weights file from its start, in new chunks of 1 MiB (the last is shorter), each drawn in
   * about a millisecond when it is asked for. Memory stays flat if the reader lets go of them.
   */
  weights(): Generator<Uint8Array<ArrayBuffer>, void, undefined>
}

const chunkFloats = 2 ** 18

/**
 * The same model as {@link buildModel} gives, as the pieces of its two files:
 *
 * ```ts
 * const { model, weights } = streamModel('vgg16', 1)
 * await writeFile('model.onnx', serializeModel(model))
 * await writeFile('weights.bin', weights())
 * ```
 *
 * @param seed        whole number ≥ 0
 * @param weightsFile name of the weights file, beside the model file
 * @throws {ZooError} ERR_ZOO_UNKNOWN_MODEL; ERR_ZOO_SEED when the weights are read
 */
export function streamModel(
  name: ZooName,
  seed: number,
  weightsFile = 'weights.bin',
): StreamedModel {
  const network = networkOf(name)
  let offset = 0
  const tensors = network.parameters.map(parameter => {
    const length = 4 * floatCount(parameter)
    const tensor = externalTensor(parameter, { location: weightsFile, offset, length })
    offset += length
    return tensor
  })
  const weights = () => drawChunks(network.parameters, seed)
  return { model: network.model(name, tensors), weightsBytes: offset, weights }
}

function floatCount({ dims }: Parameter): number {
  return dims.reduce((product, size) => product * size, 1)
}

function externalTensor(parameter: Parameter, at: Parameters<typeof setExternal>[1]): TensorProto {
  const empty = floatTensor(parameter.name, [0], new Float32Array(0))
  return setExternal({ ...empty, dims: parameter.dims.map(BigInt) }, at)
}

function* drawChunks(parameters: readonly Parameter[], seed: number) {
  let free = parameters.reduce((total, parameter) => total + floatCount(parameter), 0)
  let chunk = new Float32Array(Math.min(chunkFloats, free))
  let filled = 0
  for (const parameter of parameters) {
    const values = new SeededValues(seed, parameter.name)
    for (let left = floatCount(parameter); left > 0; ) {
      const part = chunk.subarray(filled, filled + left)
      values.fill(part, parameter)
      left -= part.length
      free -= part.length
      filled += part.length
      if (filled < chunk.length) continue
      yield new Uint8Array(chunk.buffer)
      chunk = new Float32Array(Math.min(chunkFloats, free))
      filled = 0
    }
  }
}
