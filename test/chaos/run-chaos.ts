import { setTimeout as sleep } from 'node:timers/promises'
import { type CocoiClient, connectClient } from '@cocoi/client'
import { type BrokerKind, Substitute } from './chaos-broker.ts'
import { type ChaosCluster, modelName, startChaosCluster } from './chaos-cluster.ts'
import type { TimedFault } from './fault.ts'
import { Injector } from './injector.ts'
import { ask, type Outcome } from './load.ts'
import { Plugs } from './plugs.ts'
import { type ChaosReport, tally } from './report.ts'
import { makeSchedule, type PlannedRequest, type Schedule } from './schedule.ts'
import { type Sample, samplesOf, smallCnn } from './small-cnn.ts'
import { Witness } from './witness.ts'

export interface ChaosOptions {
  readonly seed: number
  readonly requests: number
  /** @default 20 */
  readonly requestsPerFault?: number
  /** @default 'own' */
  readonly broker?: BrokerKind
  /** Ends after this long, however many requests are left. */
  readonly forMs?: number
  /** How devices are cut off; `auto` takes namespaces where they can be made. @default 'auto' */
  readonly network?: NetworkKind
  /** No faults at all. */
  readonly calm?: boolean
  /** Told when everything runs, and when it does again after the last fault. */
  readonly onStarted?: (bench: ChaosCluster) => void
  readonly onHealed?: () => void
  /** Told what happens; `line` replaces the one before it. */
  readonly onProgress?: (line: string) => void
  /** Told what went wrong, and what was done to the cluster. */
  readonly onNote?: (note: string) => void
  /** Keeps the folder with the logs of every daemon. */
  readonly keepFolder?: boolean
}

export const networkKinds = ['auto', 'namespaces', 'relay'] as const
export type NetworkKind = (typeof networkKinds)[number]

const devices = 6
const clients = 4
/** Requests that one client has under way at a time. */
const streamsPerClient = 2
const deadlineMs = 20_000

/** A cluster that is whole again must have all its devices back after this long. */
const recoveryMs = 20_000

/** Starts a cluster, does to it what the seed says, and judges how every request has ended. */
export async function runChaos(options: ChaosOptions): Promise<ChaosReport> {
  const model = smallCnn(options.seed)
  const samples = await samplesOf(model, options.seed + 1)
  const { seed, requests, requestsPerFault = 20, broker = 'own' } = options
  const size = { devices, deadlineMs, samples: samples.length }
  const planned = makeSchedule({ seed, requests, requestsPerFault, ...size })
  const schedule = options.calm ? { ...planned, faults: [] } : planned
  const onProgress = options.onProgress ?? (() => undefined)
  const plugs = await plugsFor(options)
  const bench = await startChaosCluster(model, {
    ...{ devices, broker, onProgress },
    ...(plugs ? { plugs } : {}),
  })
  options.onNote?.(`logs in ${bench.folder}`)
  try {
    return await runOn(bench, { schedule, samples }, options)
  } finally {
    await bench.close(options)
  }
}

async function plugsFor({ network = 'auto', onNote }: ChaosOptions): Promise<Plugs | undefined> {
  if (network === 'relay') return undefined
  try {
    return await Plugs.open(devices)
  } catch (error) {
    if (network === 'namespaces') throw error
    onNote?.(`no network namespaces: ${(error as Error).message}`)
    return undefined
  }
}

async function runOn(
  bench: ChaosCluster,
  { schedule, samples }: { schedule: Schedule; samples: readonly Sample[] },
  options: ChaosOptions,
): Promise<ChaosReport> {
  const { cluster, folder } = bench
  const { seed, broker = 'own' } = options
  const { url } = cluster
  const substitute = new Substitute(broker, { url, folder })
  const injector = new Injector({ ...bench, substitute, model: modelName, seed })
  const connections = await Promise.all(
    Array.from({ length: clients }, (_, i) => connectClient({ url, id: `chaos-${i + 1}` })),
  )
  const witness = await Witness.connect(url, () => injector.coordinatorLife)
  try {
    options.onStarted?.(bench)
    const progress = new Progress(schedule, options)
    const load = { schedule, samples, injector, progress, forMs: options.forMs }
    const { outcomes, struck } = await sendAll(connections, load)
    await injector.healed()
    options.onHealed?.()
    return {
      ...tally(outcomes),
      ...{ duplicates: witness.duplicates.length, faults: struck, seed },
      ...{ broker, swappedFor: substitute.kind, brokerStarts: injector.brokerStarts },
      network: bench.plugs ? 'namespaces' : 'relay',
      skipped: Object.fromEntries(injector.skipped),
      recovery: await recovered(connections[0]!),
      problems: injector.problems,
    }
  } finally {
    injector.close()
    await Promise.all([witness.close(), ...connections.map(client => client.close())])
  }
}

/** Has the clients ask what is planned, and strikes when it is time; resolves when all is answered. */
async function sendAll(
  connections: readonly CocoiClient[],
  load: {
    schedule: Schedule
    samples: readonly Sample[]
    injector: Injector
    progress: Progress
    forMs: number | undefined
  },
): Promise<{ outcomes: Outcome[]; struck: TimedFault[] }> {
  const { schedule, samples, injector, progress, forMs = Number.POSITIVE_INFINITY } = load
  const endsAt = performance.now() + forMs
  const queue = [...schedule.requests.entries()]
  const faults = [...schedule.faults]
  const struck: TimedFault[] = []
  const outcomes: Outcome[] = []
  const strikeBefore = (request: number) => {
    while (faults[0] && faults[0].atRequest <= request) {
      const fault = faults.shift()!
      struck.push(fault)
      progress.struck(fault)
      injector.strike(fault)
    }
  }
  const stream = async (client: CocoiClient) => {
    for (let next = queue.shift(); next; next = queue.shift()) {
      const [index, planned] = next
      await sleep(planned.pauseMs)
      if (performance.now() >= endsAt) return
      strikeBefore(index)
      const question = { model: modelName, request: `r${index}`, planned }
      progress.asked()
      const outcome = await ask(client, question, samples[planned.sample]!)
      progress.ended(index, planned, outcome)
      outcomes.push(outcome)
    }
  }
  const streams = connections.flatMap(client => Array(streamsPerClient).fill(client))
  await Promise.all(streams.map(stream))
  return { outcomes, struck }
}

/** How many devices are online, and when they all were. */
async function recovered(client: CocoiClient): Promise<ChaosReport['recovery']> {
  const startedAt = performance.now()
  const passed = () => Math.round(performance.now() - startedAt)
  let online = 0
  const all = new Promise<void>(resolve => {
    const onNews = (news: object) => {
      if (!('health' in news)) return
      online = (news.health as { devices: { online: number } }).devices.online
      if (online === devices) resolve()
    }
    client.watch.coordinator(onNews).catch(() => undefined)
  })
  await Promise.race([all, sleep(recoveryMs, undefined, { ref: false })])
  return { online, devices, ms: passed() }
}

/** Says how far the run has come, and what is worth a note. */
class Progress {
  readonly #options: ChaosOptions
  readonly #startedAt = performance.now()
  readonly #total: number
  readonly #faults: number
  readonly #ends = { right: 0, wrong: 0, error: 0, lost: 0 }
  #asked = 0
  #struck = 0

  constructor({ requests, faults }: Schedule, options: ChaosOptions) {
    this.#options = options
    this.#total = requests.length
    this.#faults = faults.length
  }

  asked(): void {
    this.#asked += 1
    this.#say()
  }

  struck(fault: TimedFault): void {
    this.#struck += 1
    this.#note(JSON.stringify(fault))
    this.#say()
  }

  ended(index: number, { parameters }: PlannedRequest, outcome: Outcome): void {
    this.#ends[outcome.end] += 1
    if (outcome.end !== 'right') {
      const code = outcome.end === 'error' ? outcome.code : outcome.end
      this.#note(
        `r${index} (${parameters.scheme} ${parameters.transport}) ${code}: ${outcome.detail}`,
      )
    }
    this.#say()
  }

  #note(text: string): void {
    const seconds = ((performance.now() - this.#startedAt) / 1000).toFixed(1)
    this.#options.onNote?.(`${seconds} s  ${text}`)
  }

  #say(): void {
    const { right, wrong, error, lost } = this.#ends
    const open = this.#asked - right - wrong - error - lost
    const isTimed = this.#options.forMs !== undefined
    const [total, faults] = isTimed ? ['', ''] : [` of ${this.#total}`, ` of ${this.#faults}`]
    this.#options.onProgress?.(
      `${this.#asked}${total} asked, ${this.#struck}${faults} faults: ` +
        `${right} right, ${error} errors, ${wrong} wrong, ${lost} lost, ${open} open`,
    )
  }
}
