import { isClassifier } from './classifier.ts'
import { ModelError } from './errors.ts'
import { channelAxis, type Layout, layoutOf, spatialAxes } from './layout.ts'
import type { ModelConfig } from './model-config.ts'
import type { TensorSpec } from './prepared-model.ts'

/** Element types that pixels can be written in. */
export type PixelType = 'float32' | 'float16' | 'uint8'

/** The inputs and outputs of a model. */
export interface ModelSignature {
  readonly inputs: readonly TensorSpec[]
  readonly outputs: readonly TensorSpec[]
}

/** The input that takes an image, and how the image gets into it. */
export interface ImageTarget {
  readonly name: string
  readonly type: PixelType
  readonly dims: readonly number[]
  readonly layout: Layout
  readonly channels: 1 | 3
  /** Whether blue comes first. */
  readonly reversed: boolean
  readonly height: number
  readonly width: number
  readonly resize: 'stretch' | 'crop' | 'letterbox'
  /** Per channel of the input: value = (pixel · scale − mean) / std, pixel in 0 … 255. */
  readonly scaling: readonly { scale: number; mean: number; std: number }[]
}

/** Mean and deviation of ImageNet in units of 0 … 1, red first (torchvision's constants). */
const imageNet = { scale: 1 / 255, mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] }

/**
 * How an image becomes an input of the model. What the configuration leaves open:
 *
 * - a classifier of colour images gets what torchvision trains with: centre crop, 0 … 1, mean and
 *   deviation of ImageNet;
 * - any other model gets the whole image stretched to its size, in 0 … 1;
 * - an input of bytes gets the pixels as they are.
 *
 * @throws {ModelError} ERR_NOT_AN_IMAGE_MODEL, ERR_BAD_CONFIG
 */
export function imageTarget(model: ModelSignature, { input = {} }: ModelConfig): ImageTarget {
  const { name, type, dims } = imageInput(model, input.name)
  const layout = layoutOf(dims, input.format)
  const channels = dims[channelAxis(dims, layout)]
  if ((channels !== 1 && channels !== 3) || !isPixelType(type) || dims[0] !== 1) {
    const shape = `input "${name}" is ${type} [${dims.join(', ')}], read as ${layout}`
    throw notAnImage(
      `${shape}; images need a batch of 1, 1 or 3 channels, and float32, float16 or uint8`,
    )
  }
  const [height, width] = spatialAxes(dims, layout).map(axis => dims[axis]!) as [number, number]
  const classifies = channels === 3 && type !== 'uint8' && isClassifier(model.outputs)
  return {
    ...{ name, type, dims, layout, channels, height, width },
    reversed: input.channels === 'BGR',
    resize: input.resize ?? (classifies ? 'crop' : 'stretch'),
    scaling: scalingOf({ input, channels, type, classifies }),
  }
}

function imageInput({ inputs }: ModelSignature, name: string | undefined): TensorSpec {
  const input = name === undefined ? inputs[0] : inputs.find(input => input.name === name)
  const names = inputs.map(input => `"${input.name}"`).join(', ')
  if (!input) {
    const message = `config.json says that images go to the input "${name}", but the model has ${names}`
    throw new ModelError('ERR_BAD_CONFIG', message)
  }
  if (inputs.length > 1) {
    throw notAnImage(
      `the model has ${inputs.length} inputs (${names}), and an image fills only one`,
    )
  }
  if (input.dims.length === 4) return input
  throw notAnImage(
    `input "${input.name}" has the shape [${input.dims.join(', ')}], an image needs four dimensions`,
  )
}

interface ScalingChoice {
  readonly input: NonNullable<ModelConfig['input']>
  readonly channels: 1 | 3
  readonly type: PixelType
  readonly classifies: boolean
}

function scalingOf({ input, channels, type, classifies }: ScalingChoice): ImageTarget['scaling'] {
  const { scale, mean, std } = input
  const silent = scale === undefined && !mean && !std
  if (type === 'uint8' && !silent) {
    const message =
      'config.json sets scale, mean or std, but the model takes bytes and does that itself'
    throw new ModelError('ERR_BAD_CONFIG', message)
  }
  if (type === 'uint8') return perChannel({ scale: 1, mean: [0], std: [1] }, channels)
  if (silent && classifies) {
    const flip = input.channels === 'BGR'
    const { mean, std } = imageNet
    return perChannel(
      { ...imageNet, mean: flip ? mean.toReversed() : mean, std: flip ? std.toReversed() : std },
      channels,
    )
  }
  const inPixels = [...(mean ?? []), ...(std ?? [])].some(value => Math.abs(value) > 1)
  return perChannel(
    { scale: scale ?? (inPixels ? 1 : 1 / 255), mean: mean ?? [0], std: std ?? [1] },
    channels,
  )
}

function perChannel(
  { scale, mean, std }: { scale: number; mean: readonly number[]; std: readonly number[] },
  channels: 1 | 3,
): ImageTarget['scaling'] {
  for (const [key, list] of Object.entries({ mean, std })) {
    if (list.length === 1 || list.length === channels) continue
    const message = `config.json gives ${list.length} numbers as input.${key}, but the input has ${channels} channels`
    throw new ModelError('ERR_BAD_CONFIG', message)
  }
  return Array.from({ length: channels }, (_, c) => {
    return { scale, mean: mean[c] ?? mean[0]!, std: std[c] ?? std[0]! }
  })
}

function isPixelType(type: string): type is PixelType {
  return type === 'float32' || type === 'float16' || type === 'uint8'
}

function notAnImage(message: string): ModelError {
  return new ModelError('ERR_NOT_AN_IMAGE_MODEL', `${message}; send tensors instead`)
}
