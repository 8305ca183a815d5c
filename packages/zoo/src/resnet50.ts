import { batchNorm, conv, relu } from './layers.ts'
import type { Network, Signal } from './network.ts'
import { type Block, branchGain, resnet } from './resnet.ts'

/** ResNet50 "v1.5", as in torchvision: the 3×3 convolution has the stride, not the 1×1 before it. */
export function resnet50(): Network {
  return resnet({ depths: [3, 4, 6, 3], expansion: 4, branch: bottleneckBranch })
}

function bottleneckBranch(net: Network, input: Signal, { name, width, stride }: Block): Signal {
  const reduced = conv(net, input, { name: `${name}.conv1`, channels: width, kernel: 1 })
  const narrow = relu(net, batchNorm(net, reduced, `${name}.bn1`), `${name}.relu1`)
  const filtered = conv(net, narrow, { name: `${name}.conv2`, channels: width, kernel: 3, stride })
  const hidden = relu(net, batchNorm(net, filtered, `${name}.bn2`), `${name}.relu2`)
  const widened = conv(net, hidden, { name: `${name}.conv3`, channels: 4 * width, kernel: 1 })
  return batchNorm(net, widened, `${name}.bn3`, branchGain)
}
