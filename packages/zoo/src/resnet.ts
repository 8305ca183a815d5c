import { classifier } from './classifier.ts'
import { add, batchNorm, conv, globalAverage, maxPool, relu } from './layers.ts'
import { Network, type Signal } from './network.ts'

/** One residual block. */
export interface Block {
  readonly name: string
  /** Channels of its 3×3 convolutions. */
  readonly width: number
  readonly stride: number
}

/** What distinguishes the members of the family. */
export interface ResnetOptions {
  /** Blocks in each of the four stages. */
  readonly depths: readonly number[]
  /** Output channels of a block per channel of its width. */
  readonly expansion: number
  /** Appends the residual branch of a block, up to its last BatchNorm, whose gain is `branchGain`. */
  readonly branch: (net: Network, input: Signal, block: Block) => Signal
}

/**
 * Root mean square of a branch at its end: small against the skip connection, so that the power of
 * their sum grows slowly over the blocks.
 */
export const branchGain = 0.5

/** ResNet with torchvision's layer names (He et al., arXiv 1512.03385, table 1). */
export function resnet(options: ResnetOptions): Network {
  const net = new Network()
  let signal = stem(net)
  options.depths.forEach((depth, stage) => {
    for (let index = 0; index < depth; index++) {
      const stride = stage > 0 && index === 0 ? 2 : 1
      const block = { name: `layer${stage + 1}.${index}`, width: 64 * 2 ** stage, stride }
      signal = residualBlock(net, signal, block, options)
    }
  })
  classifier(net, globalAverage(net, signal), 'fc')
  return net
}

function stem(net: Network): Signal {
  const first = conv(net, net.input, { name: 'conv1', channels: 64, kernel: 7, stride: 2 })
  return maxPool(net, relu(net, batchNorm(net, first, 'bn1'), 'relu'), 'maxpool', 3)
}

function residualBlock(
  net: Network,
  input: Signal,
  block: Block,
  { branch, expansion }: ResnetOptions,
): Signal {
  const end = branch(net, input, block)
  const skip = shortcut(net, input, block, block.width * expansion)
  const output = relu(net, add(net, skip, end, `${block.name}.add`), block.name)
  if (skip !== input) return output
  // The input is 0 or positive, half and half: a negative branch is cut off only beside a 0.
  return { ...output, power: input.power + 0.75 * end.power }
}

/** The input itself, or its projection where the shape changes. */
function shortcut(net: Network, input: Signal, block: Block, channels: number): Signal {
  const { name, stride } = block
  if (stride === 1 && channels === input.channels) return input
  const projection = conv(net, input, { name: `${name}.downsample.0`, channels, kernel: 1, stride })
  return batchNorm(net, projection, `${name}.downsample.1`)
}
