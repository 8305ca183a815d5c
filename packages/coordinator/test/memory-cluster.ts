import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Coordinator } from '@cocoi/coordinator'
import { Agent } from '@cocoi/device-agent'
import {
  encodeInferenceRequest,
  type InferenceAnswer,
  type InferenceFailure,
  type InferenceParameters,
  type InferenceResult,
  type NamedTensor,
  parseInferenceResult,
  topics,
} from '@cocoi/protocol'
import {
  type CoordinatorConfig,
  coordinatorSchema,
  deviceSchema,
  type Logger,
  loadConfig,
} from '@cocoi/service'
import { MemoryBroker, type Transport } from '@cocoi/transport'

const quiet: Logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
}
export const known = topics()

/** Coordinator and agents in this process, with real engines, over a broker in memory. */
export class MemoryCluster {
  readonly broker = new MemoryBroker()
  readonly #folder: string
  readonly #closing: (() => Promise<void>)[] = []
  readonly #leaving = new Map<string, () => Promise<void>>()
  readonly #waiting = new Map<string, (result: InferenceResult) => void>()
  /** Results by request, also the repeated ones. */
  readonly results: { request: string | undefined; result: InferenceResult }[] = []
  coordinator!: Coordinator
  sensor!: Transport

  private constructor(folder: string) {
    this.#folder = folder
  }

  static async start(
    models: Readonly<Record<string, Uint8Array>>,
    settings: Partial<CoordinatorConfig> = {},
  ): Promise<MemoryCluster> {
    const cluster = new MemoryCluster(await mkdtemp(join(tmpdir(), 'cocoi-memory-')))
    for (const [name, bytes] of Object.entries(models)) {
      await mkdir(join(cluster.#folder, 'models', name, '1'), { recursive: true })
      await writeFile(join(cluster.#folder, 'models', name, '1', 'model.onnx'), bytes)
    }
    await cluster.#startCoordinator(settings)
    await cluster.#startSensor()
    return cluster
  }

  /** @param tamper changes what the device says over its data connection */
  async addDevice(
    device: string,
    tamper: (transport: Transport) => Transport = transport => transport,
  ): Promise<Agent> {
    const state = join(this.#folder, device)
    await mkdir(state, { recursive: true })
    const config = loadConfig(deviceSchema, { section: 'device', flags: { state, threads: 1 } })
    const control = this.connect(`${device}-control`)
    const data = tamper(this.connect(`${device}-data`))
    const agent = await Agent.start({
      ...{ device, version: 'test', config, topics: known, control, data, logger: quiet },
      lagMs: () => 0,
      keepSession: () => Promise.resolve(),
    })
    this.#closing.push(() => agent.stop('the test is over'))
    this.#leaving.set(device, async () => {
      await agent.stop('it is unplugged')
      await Promise.all([control.close(), data.close()])
    })
    return agent
  }

  /** Stops a device and ends its connections, so that another one can take its name. */
  async removeDevice(device: string): Promise<void> {
    await this.#leaving.get(device)!()
  }

  /** Publishes a request and resolves with its result. */
  ask(
    model: string,
    tensors: readonly NamedTensor[],
    parameters: InferenceParameters & { request?: string } = {},
  ): Promise<InferenceResult> {
    const { request = `r${this.results.length}-${this.#waiting.size}`, ...rest } = parameters
    const payload = encodeInferenceRequest({ tensors, parameters: { format: 'cbor', ...rest } })
    return this.send(model, request, payload)
  }

  send(model: string, request: string, payload: Uint8Array): Promise<InferenceResult> {
    const topic = known.infer({ model, client: 'cam', request })
    const result = new Promise<InferenceResult>(resolve => this.#waiting.set(request, resolve))
    return this.sensor.publish(topic, payload, { qos: 1, timeoutMs: 5000 }).then(() => result)
  }

  async stop(): Promise<void> {
    for (const close of this.#closing.toReversed()) await close()
    await rm(this.#folder, { recursive: true, force: true })
  }

  async #startCoordinator(settings: Partial<CoordinatorConfig>): Promise<void> {
    const flags = {
      models: join(this.#folder, 'models'),
      state: join(this.#folder, 'coordinator'),
      ...{ minIntensity: 1, scheme: 'mds:3,2' }, // small models are shared all the same
      ...settings,
    }
    await mkdir(flags.state, { recursive: true })
    const config = loadConfig(coordinatorSchema, { section: 'coordinator', flags })
    const [control, data] = [this.connect('main-control'), this.connect('main-data')]
    const requests = this.connect('main-requests')
    this.coordinator = await Coordinator.start({
      ...{ config, version: 'test', topics: known, control, data, requests, logger: quiet },
      lagMs: () => 0,
    })
    this.#closing.push(() => this.coordinator.stop())
  }

  async #startSensor(): Promise<void> {
    this.sensor = this.connect('cam')
    for (const filter of known.filters('result', { client: 'cam' })) {
      await this.sensor.subscribe(filter, (topic, payload) => this.#onResult(topic, payload))
    }
  }

  #onResult(topic: string, payload: Uint8Array): void {
    const ids = known.parse(topic)
    if (ids?.kind !== 'result') return
    const result = parseInferenceResult(payload)
    this.results.push({ request: ids.request, result })
    this.#waiting.get(ids.request ?? '')?.(result)
  }

  connect(clientId: string): Transport {
    const transport = this.broker.connect({ clientId })
    this.#closing.push(() => transport.close())
    return transport
  }
}

/** How many devices share the widest stage of an answer. */
export function widestStage(result: InferenceResult): number {
  return Math.max(...answerOf(result).stages.map(({ n }) => n))
}

/** The answer, or an error that shows why there is none. */
export function answerOf(result: InferenceResult): InferenceAnswer {
  if ('error' in result) throw new Error(`${result.error.code}: ${result.error.message}`)
  return result
}

export function failureOf(result: InferenceResult): InferenceFailure['error'] {
  if ('error' in result) return result.error
  throw new Error('the request was answered')
}
