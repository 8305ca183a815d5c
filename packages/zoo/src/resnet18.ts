import { batchNorm, conv, relu } from './layers.ts'
import type { Network, Signal } from './network.ts'
import { type Block, branchGain, resnet } from './resnet.ts'

/** ResNet18: two 3×3 convolutions in each branch. */
export function resnet18(): Network {
  return resnet({ depths: [2, 2, 2, 2], expansion: 1, branch: basicBranch })
}

function basicBranch(net: Network, input: Signal, { name, width, stride }: Block): Signal {
  const first = conv(net, input, { name: `${name}.conv1`, channels: width, kernel: 3, stride })
  const hidden = relu(net, batchNorm(net, first, `${name}.bn1`), `${name}.relu1`)
  const second = conv(net, hidden, { name: `${name}.conv2`, channels: width, kernel: 3 })
  return batchNorm(net, second, `${name}.bn2`, branchGain)
}
