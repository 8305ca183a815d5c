import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type ModelProto, serializeModel } from '@cocoi/onnx'
import { type Cluster, startCluster } from '@cocoi/testbed'
import { cocoiProgram } from '../helpers/virtual-cluster.ts'
import { type BrokerKind, type BrokerLife, startForeignBroker } from './chaos-broker.ts'
import type { Plug, Plugs } from './plugs.ts'
import { Relay } from './relay.ts'

export const modelName = 'small-cnn'

/** A cluster in a temporary folder with one model, every device behind a relay of its own. */
export interface ChaosCluster {
  readonly cluster: Cluster
  readonly broker: BrokerLife
  readonly relays: readonly Relay[]
  /** The cables of the devices, if each of them has a network of its own. */
  readonly plugs: readonly Plug[] | undefined
  readonly folder: string
  /** Ends the processes; the folder stays if its logs are still wanted. */
  close(options?: { keepFolder?: boolean }): Promise<void>
}

export async function startChaosCluster(
  model: ModelProto,
  options: {
    devices: number
    /** @default 'own' */
    broker?: BrokerKind
    plugs?: Plugs
    deviceFlags?: Readonly<Record<string, number>>
    onProgress?: (text: string) => void
  },
): Promise<ChaosCluster> {
  const folder = await mkdtemp(join(tmpdir(), 'cocoi-chaos-'))
  const models = join(folder, 'models')
  const version = join(models, modelName, '1')
  await mkdir(version, { recursive: true })
  await writeFile(join(version, 'model.onnx'), serializeModel(model))
  const relays: Relay[] = []
  const { broker: kind = 'own' } = options
  let foreign: (BrokerLife & { readonly url: string }) | undefined
  const release = async (keepFolder: boolean) => {
    await Promise.all(relays.map(relay => relay.close()))
    await foreign?.stop()
    await options.plugs?.close()
    if (!keepFolder) await rm(folder, { recursive: true, force: true })
  }
  try {
    if (kind !== 'own') foreign = await startForeignBroker(kind)
    const cluster = await startCluster({
      ...{ command: cocoiProgram, devices: options.devices, folder, models },
      ...(foreign ? { broker: { url: foreign.url } } : {}),
      // So small a model is not worth the way; here the way is what is tested.
      coordinatorFlags: { minIntensity: 0 },
      deviceFlags: () => ({ threads: 1, ...options.deviceFlags }),
      deviceUrl: async (index, broker) => {
        const { port } = new URL(broker)
        relays[index] ??= await Relay.start(Number(port), options.plugs?.all[index]?.address)
        return relays[index].url
      },
      ...(options.plugs ? { machines: machinesOn(options.plugs) } : {}),
      onProgress: ({ done, total }) => options.onProgress?.(`${done} of ${total} devices online`),
    })
    const close = async ({ keepFolder = false } = {}) => {
      await cluster.stop()
      await release(keepFolder)
    }
    const plugs = options.plugs?.all
    return { cluster, broker: foreign ?? cluster.broker!, relays, plugs, folder, close }
  } catch (error) {
    await release(false)
    throw error
  }
}

/** Devices at the other ends of the cables, broker and coordinator here. */
function machinesOn({ all }: Plugs) {
  return {
    command: (daemon: string, command: readonly string[]) => {
      const [, number] = /^pi(\d+)$/.exec(daemon) ?? []
      return number === undefined ? command : all[Number(number) - 1]!.command(command)
    },
    brokerUrl: async (_: string | undefined, port: number) => `mqtt://127.0.0.1:${port}`,
  }
}
