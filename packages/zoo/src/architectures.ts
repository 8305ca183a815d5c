import { mobilenetv2 } from './mobilenetv2.ts'
import type { Network } from './network.ts'
import { resnet18 } from './resnet18.ts'
import { resnet50 } from './resnet50.ts'
import { vgg16 } from './vgg16.ts'
import { type ZooName, zooName } from './zoo.ts'

const architectures: Record<ZooName, () => Network> = { vgg16, resnet18, resnet50, mobilenetv2 }

/**
 * The nodes of an architecture and its parameters before their values are drawn.
 *
 * @throws {ZooError} ERR_ZOO_UNKNOWN_MODEL
 */
export function networkOf(name: ZooName): Network {
  return architectures[zooName(name)]()
}
