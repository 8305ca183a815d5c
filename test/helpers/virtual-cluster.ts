import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type CocoiClient, connectClient } from '@cocoi/client'
import type { ModelConfig } from '@cocoi/models'
import { type ModelProto, serializeModel } from '@cocoi/onnx'
import { type Cluster, startCluster } from '@cocoi/testbed'
import { ClusterView } from './cluster-view.ts'
import { PlainModel } from './plain-onnxruntime.ts'
import { Wiretap } from './wiretap.ts'

/** The program under test, from `dist/test/helpers/`. */
export const cocoiProgram: readonly string[] = [
  process.execPath,
  fileURLToPath(new URL('../../../packages/cli/bin/cocoi.js', import.meta.url)),
]

/** A model of the cluster's repository: a made one, or the bytes of a file. */
export interface ClusterModel {
  readonly model: ModelProto | Uint8Array
  readonly config?: ModelConfig
  readonly labels?: readonly string[]
}

type Settings = Readonly<Record<string, string | number>>

export interface VirtualClusterOptions {
  readonly devices: number
  readonly models: Readonly<Record<string, ClusterModel>>
  /** A broker that is already there. */
  readonly broker?: string
  /** Where a device finds it, if not at the same address as everybody. */
  readonly deviceBroker?: (index: number) => string
  readonly coordinator?: Settings
  readonly device?: Settings | ((index: number) => Settings)
}

/** A cluster of processes with a client, a viewer and a wiretap, all in a folder of its own. */
export interface VirtualCluster extends Cluster {
  readonly folder: string
  readonly client: CocoiClient
  readonly view: ClusterView
  readonly wiretap: Wiretap
  /** Puts a model into the repository, where the coordinator finds it at the next request. */
  install(name: string, model: ClusterModel): Promise<void>
  /** Plain onnxruntime on the file that the cluster was given. */
  plain(model: string): Promise<PlainModel>
}

/** Starts it; `stop` ends every process and removes the folder. */
export async function startVirtualCluster(options: VirtualClusterOptions): Promise<VirtualCluster> {
  const folder = await mkdtemp(join(tmpdir(), 'cocoi-test-'))
  const cleanUps = [() => rm(folder, { recursive: true, force: true })]
  const stop = async () => {
    for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp()
  }
  try {
    const models = join(folder, 'models')
    const install = (name: string, model: ClusterModel) => writeModel(models, name, model)
    await mkdir(models)
    for (const [name, model] of Object.entries(options.models)) await install(name, model)
    const cluster = await startCluster(clusterOptions(options, folder))
    cleanUps.push(() => cluster.stop())
    const { url } = cluster
    const client = await connectClient({ url, id: 'tester' })
    cleanUps.push(() => client.close())
    const view = await ClusterView.open(url)
    cleanUps.push(() => view.close())
    const wiretap = await Wiretap.open(url)
    cleanUps.push(() => wiretap.close())
    await view.until('the coordinator knows every device', ({ coordinator }) => {
      return coordinator.health?.devices.online === options.devices
    })
    const plain = (model: string) => PlainModel.load(modelFile(models, model))
    return { ...cluster, folder, client, view, wiretap, install, plain, stop }
  } catch (error) {
    await stop()
    throw error
  }
}

function clusterOptions(options: VirtualClusterOptions, folder: string) {
  const { devices, broker, deviceBroker, coordinator, device } = options
  const deviceSettings = typeof device === 'function' ? device : () => device ?? {}
  return {
    ...{ command: cocoiProgram, devices, folder, models: join(folder, 'models') },
    ...(broker === undefined ? {} : { broker: { url: broker } }),
    ...(deviceBroker ? { deviceUrl: async (index: number) => deviceBroker(index) } : {}),
    // Small models have little work for each byte; here they are distributed all the same.
    coordinatorFlags: { minIntensity: 0, scheme: withSpares(devices), ...coordinator },
    deviceFlags: (index: number) => ({ threads: 1, ...deviceSettings(index) }),
  }
}

/** One row in three to five is spare, whatever the planner thinks of this machine. */
function withSpares(devices: number): string {
  const spares = Math.max(1, Math.round(devices / 3.5))
  return devices < 2 ? 'local' : `mds:${devices},${devices - spares}`
}

function modelFile(models: string, name: string): string {
  return join(models, name, '1', 'model.onnx')
}

/** The layout of a model repository, as the README shows it. */
async function writeModel(
  models: string,
  name: string,
  { model, config, labels }: ClusterModel,
): Promise<void> {
  const file = modelFile(models, name)
  await mkdir(dirname(file), { recursive: true })
  await writeFile(file, model instanceof Uint8Array ? model : serializeModel(model))
  if (config) await writeFile(join(models, name, 'config.json'), JSON.stringify(config))
  if (labels) await writeFile(join(models, name, 'labels.txt'), labels.join('\n'))
}
