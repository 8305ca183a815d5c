import { classifier } from './classifier.ts'
import { conv, flatten, linear, maxPool, relu } from './layers.ts'
import { Network, type Signal } from './network.ts'

/** Channels of the convolutions between two poolings (Simonyan & Zisserman, arXiv 1409.1556, table 1, D). */
const blocks = [
  [64, 64],
  [128, 128],
  [256, 256, 256],
  [512, 512, 512],
  [512, 512, 512],
]

/**
 * VGG16 without BatchNorm. Dropout does nothing at inference, and neither does the adaptive pooling
 * to 7×7 at this input size: both are left out.
 */
export function vgg16(): Network {
  const net = new Network()
  let signal = flatten(net, features(net), 7 * 7)
  for (const layer of [0, 3]) {
    const hidden = linear(net, signal, { name: `classifier.${layer}`, features: 4096 })
    signal = relu(net, hidden, `classifier.${layer + 1}`)
  }
  classifier(net, signal, 'classifier.6')
  return net
}

/** Layers are numbered through, as in torchvision's `Sequential`. */
function features(net: Network): Signal {
  let signal = net.input
  let layer = 0
  const next = () => `features.${layer++}`
  for (const block of blocks) {
    for (const channels of block) {
      signal = conv(net, signal, { name: next(), channels, kernel: 3, bias: true })
      signal = relu(net, signal, next())
    }
    signal = maxPool(net, signal, next(), 2)
  }
  return signal
}
