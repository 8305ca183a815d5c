import { scalarFloat } from '@cocoi/onnx'
import type { Network, Signal } from './network.ts'

/** What a convolution is called and how it is cut. */
export interface ConvOptions {
  readonly name: string
  /** Output channels. */
  readonly channels: number
  /** Height and width of the window, odd; padding keeps the size where the stride is 1. */
  readonly kernel: number
  /** @default 1 */
  readonly stride?: number
  /** @default 1 */
  readonly groups?: number
  /** @default false */
  readonly bias?: boolean
}

/** Spread of a bias, and of the parameters of a BatchNorm, relative to the values they act on. */
const spread = 0.1

/**
 * Convolution whose output has power 1: weights of variance 1 / (fan-in · power of the input), which
 * for the output of a Relu of power ½ is He's 2 / fan-in (He et al., arXiv 1502.01852, eq. 10).
 */
export function conv(net: Network, input: Signal, options: ConvOptions): Signal {
  const { name, channels, kernel, stride = 1, groups = 1, bias = false } = options
  const dims = [channels, input.channels / groups, kernel, kernel]
  const inputs = [input.name, weight(net, name, dims, input.power)]
  if (bias) inputs.push(biasOf(net, name, channels))
  const pad = (kernel - 1) / 2
  const window = { kernel_shape: [kernel, kernel], strides: [stride, stride] }
  const attributes = { ...window, pads: [pad, pad, pad, pad], group: groups }
  const power = bias ? 1 + spread ** 2 : 1
  return { name: net.node(name, 'Conv', inputs, attributes), channels, power }
}

/**
 * BatchNorm whose statistics are those to be expected of its input, so that it does normalise.
 *
 * @param gain root mean square of the output; below 1 at the end of a residual branch
 */
export function batchNorm(net: Network, input: Signal, name: string, gain = 1): Signal {
  const { channels, power } = input
  const vector = (field: string, mean: number, deviation: number) =>
    net.parameter({ name: `${name}.${field}`, dims: [channels], mean, deviation })
  const inputs = [
    input.name,
    vector('weight', gain, gain * spread),
    vector('bias', 0, gain * spread),
    vector('running_mean', 0, Math.sqrt(power) * spread),
    vector('running_var', power, power * spread),
  ]
  net.node(name, 'BatchNormalization', inputs, { epsilon: { float: 1e-5 } })
  // Scale, shift by the mean and division by the variance each add spread², the bias once more.
  const widened = (1 + spread ** 2) ** 3 + spread ** 2
  return { name, channels, power: gain ** 2 * widened }
}

/** Half the power goes: what weights with mean 0 give is negative half the time. */
export function relu(net: Network, input: Signal, name: string): Signal {
  return { ...input, name: net.node(name, 'Relu', [input.name]), power: input.power / 2 }
}

/** Relu cut off at 6, which signals of order 1 hardly reach. */
export function relu6(net: Network, input: Signal, name: string): Signal {
  if (net.constants.length === 0) {
    net.constants.push(scalarFloat('relu6.min', 0), scalarFloat('relu6.max', 6))
  }
  const inputs = [input.name, 'relu6.min', 'relu6.max']
  return { ...input, name: net.node(name, 'Clip', inputs), power: input.power / 2 }
}

/** Sum of two signals that know nothing of each other. */
export function add(net: Network, a: Signal, b: Signal, name: string): Signal {
  return { ...a, name: net.node(name, 'Add', [a.name, b.name]), power: a.power + b.power }
}

/**
 * Max pooling with stride 2 after a Relu. The larger values remain: 1.3 to 2 times the
 * power, measured on these networks with photographs.
 */
export function maxPool(net: Network, input: Signal, name: string, kernel: 2 | 3): Signal {
  const pad = kernel - 2
  const window = { kernel_shape: [kernel, kernel], strides: [2, 2], pads: [pad, pad, pad, pad] }
  return {
    ...input,
    name: net.node(name, 'MaxPool', [input.name], window),
    power: input.power * 1.5,
  }
}

/** Mean of each channel, as a vector; three quarters of the power is in the means, as measured. */
export function globalAverage(net: Network, input: Signal): Signal {
  const pooled = net.node('avgpool', 'GlobalAveragePool', [input.name])
  return flatten(net, { ...input, name: pooled, power: input.power * 0.75 }, 1)
}

/** A feature map of `positions` pixels as a vector. */
export function flatten(net: Network, input: Signal, positions: number): Signal {
  const name = net.node('flatten', 'Flatten', [input.name])
  return { name, channels: input.channels * positions, power: input.power }
}

/**
 * Fully connected layer with bias.
 *
 * @param output name of the output where it differs from the layer's
 * @param gain   root mean square of the output
 */
export function linear(
  net: Network,
  input: Signal,
  options: { name: string; features: number; gain?: number; output?: string },
): Signal {
  const { name, features, gain = 1, output = name } = options
  const dims = [features, input.channels]
  const weights = weight(net, name, dims, input.power / gain ** 2)
  const inputs = [input.name, weights, biasOf(net, name, features)]
  net.node(output, 'Gemm', inputs, { transB: 1 })
  return { name: output, channels: features, power: gain ** 2 + spread ** 2 }
}

function weight(net: Network, layer: string, dims: readonly number[], power: number): string {
  const fanIn = dims.slice(1).reduce((product, size) => product * size, 1)
  const deviation = 1 / Math.sqrt(fanIn * power)
  return net.parameter({ name: `${layer}.weight`, dims, mean: 0, deviation })
}

function biasOf(net: Network, layer: string, size: number): string {
  return net.parameter({ name: `${layer}.bias`, dims: [size], mean: 0, deviation: spread })
}
