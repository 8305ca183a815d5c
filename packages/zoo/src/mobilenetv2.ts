import { classifier } from './classifier.ts'
import { add, batchNorm, type ConvOptions, conv, globalAverage, relu6 } from './layers.ts'
import { Network, type Signal } from './network.ts'

/** Expansion, output channels, repetitions, stride (Sandler et al., arXiv 1801.04381, table 2). */
const stages = [
  { expansion: 1, channels: 16, depth: 1, stride: 1 },
  { expansion: 6, channels: 24, depth: 2, stride: 2 },
  { expansion: 6, channels: 32, depth: 3, stride: 2 },
  { expansion: 6, channels: 64, depth: 4, stride: 2 },
  { expansion: 6, channels: 96, depth: 3, stride: 1 },
  { expansion: 6, channels: 160, depth: 3, stride: 2 },
  { expansion: 6, channels: 320, depth: 1, stride: 1 },
]

/** MobileNetV2 of width 1, with torchvision's layer names. */
export function mobilenetv2(): Network {
  const net = new Network()
  let block = 0
  const next = () => `features.${block++}`
  let signal = convNormRelu6(net, net.input, { name: next(), channels: 32, kernel: 3, stride: 2 })
  for (const { depth, stride, ...shape } of stages) {
    for (let index = 0; index < depth; index++) {
      const options = { ...shape, name: next(), stride: index === 0 ? stride : 1 }
      signal = invertedResidual(net, signal, options)
    }
  }
  signal = convNormRelu6(net, signal, { name: next(), channels: 1280, kernel: 1 })
  classifier(net, globalAverage(net, signal), 'classifier.1')
  return net
}

interface InvertedResidual {
  readonly name: string
  readonly expansion: number
  readonly channels: number
  readonly stride: number
}

/** Expand (unless the expansion is 1), filter each channel, project; skip where the shape stays. */
function invertedResidual(net: Network, input: Signal, options: InvertedResidual): Signal {
  const { name, expansion, channels, stride } = options
  let layer = 0
  const next = () => `${name}.conv.${layer++}`
  const wide = expansion * input.channels
  let signal = input
  if (expansion > 1)
    signal = convNormRelu6(net, signal, { name: next(), channels: wide, kernel: 1 })
  const filter = { channels: wide, kernel: 3, stride, groups: wide }
  signal = convNormRelu6(net, signal, { name: next(), ...filter })
  signal = conv(net, signal, { name: next(), channels, kernel: 1 })
  const skips = stride === 1 && channels === input.channels
  signal = batchNorm(net, signal, next(), skips ? 0.5 : 1)
  return skips ? add(net, input, signal, name) : signal
}

/** The layers `name.0` to `name.2`. */
function convNormRelu6(net: Network, input: Signal, { name, ...options }: ConvOptions): Signal {
  const signal = conv(net, input, { name: `${name}.0`, ...options })
  return relu6(net, batchNorm(net, signal, `${name}.1`), `${name}.2`)
}
