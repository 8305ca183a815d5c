import { linear } from './layers.ts'
import type { Network, Signal } from './network.ts'

/** The last layer: a thousand logits with a root mean square of about 2. */
export function classifier(net: Network, input: Signal, name: string): Signal {
  return linear(net, input, { name, features: 1000, gain: 2, output: 'logits' })
}
