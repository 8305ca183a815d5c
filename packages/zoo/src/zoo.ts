import { ZooError } from './errors.ts'

/** What is known about an architecture without building it. */
export interface ZooEntry {
  readonly description: string
  /** Trained numbers, as torchvision counts them: without the running statistics of BatchNorm. */
  readonly parameters: number
  /** Floating point operations of one inference: two per multiply-add of a Conv or Gemm. */
  readonly flops: number
}

/**
 * The architectures: torchvision's, for one RGB image of 224×224 and a thousand classes. The weights
 * are random, so the classes mean nothing; work, traffic and numerical behaviour are the real ones.
 */
export const ZOO = {
  vgg16: {
    description: 'VGG16: thirteen wide convolutions, most of the weights in three dense layers',
    parameters: 138_357_544,
    flops: 30_940_528_640,
  },
  resnet18: {
    description: 'ResNet18: residual blocks of two 3×3 convolutions',
    parameters: 11_689_512,
    flops: 3_628_146_688,
  },
  resnet50: {
    description: 'ResNet50: bottleneck blocks, half of the work in 1×1 convolutions',
    parameters: 25_557_032,
    flops: 8_178_368_512,
  },
  mobilenetv2: {
    description: 'MobileNetV2: depthwise convolutions and inverted residuals, for small devices',
    parameters: 3_504_872,
    flops: 601_548_544,
  },
} as const satisfies Record<string, ZooEntry>

/** Name of an architecture. */
export type ZooName = keyof typeof ZOO

/**
 * The architecture that a user asked for.
 *
 * @throws {ZooError} ERR_ZOO_UNKNOWN_MODEL
 */
export function zooName(text: string): ZooName {
  if (Object.hasOwn(ZOO, text)) return text as ZooName
  const known = Object.keys(ZOO).join(', ')
  throw new ZooError('ERR_ZOO_UNKNOWN_MODEL', `the zoo has no "${text}"; it has ${known}`)
}
