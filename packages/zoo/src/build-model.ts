import type { ModelProto } from '@cocoi/onnx'
import { networkOf } from './architectures.ts'
import { seededTensor } from './seeded-tensor.ts'
import type { ZooName } from './zoo.ts'

/**
 * A model of the zoo with its weights inside, drawn from `seed`: opset 17, input `input`
 * [1, 3, 224, 224], output `logits` [1, 1000], everything float32 and of order 1.
 *
 * Blocks while it draws the weights (VGG16: 553 MB in about half a second); to write a file use
 * {@link streamModel}.
 *
 * @param seed whole number ≥ 0
 * @throws {ZooError} ERR_ZOO_UNKNOWN_MODEL, ERR_ZOO_SEED
 */
export function buildModel(name: ZooName, seed: number): { model: ModelProto } {
  const network = networkOf(name)
  const weights = network.parameters.map(parameter =>
    seededTensor(parameter.name, parameter.dims, seed, parameter),
  )
  return { model: network.model(name, weights) }
}
