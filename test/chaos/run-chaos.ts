import { setTimeout as sleep } from 'node:timers/promises'
import { type CocoiClient, connectClient } from '@cocoi/client'
import { type ChaosCluster, modelName, startChaosCluster } from './chaos-cluster.ts'
import { Injector } from './injector.ts'
import { ask, type Outcome } from './load.ts'
import { type ChaosReport, tally } from './report.ts'
import { makeSchedule, type PlannedRequest, type Schedule } from './schedule.ts'
import { type Sample, samplesOf, smallCnn } from './small-cnn.ts'
import { Witness } from './witness.ts'

export interface ChaosOptions {
  readonly seed: number
  readonly requests: number
  /** Told what happens; `line` replaces the one before it. */
  readonly onProgress?: (line: string) => void
  /** Told what went wrong, and what was done to the cluster. */
  readonly onNote?: (note: string) => void
  /** Keeps the folder with the logs of every daemon. */
  readonly keepFolder?: boolean
}

const devices = 6
const clients = 4
const requestsPerS = 8
const deadlineMs = 20_000

/** A cluster that is whole again must have all its devices back after this long. */
const recoveryMs = 20_000

/** Starts a cluster, does to it what the seed says, and judges how every request has ended. */
export async function runChaos(options: ChaosOptions): Promise<ChaosReport> {
  const model = smallCnn(options.seed)
  const samples = await samplesOf(model, options.seed + 1)
  const size = { devices, clients, requestsPerS, deadlineMs, samples: samples.length }
  const schedule = makeSchedule({ seed: options.seed, requests: options.requests, ...size })
  const onProgress = options.onProgress ?? (() => undefined)
  const bench = await startChaosCluster(model, { devices, onProgress })
  options.onNote?.(`logs in ${bench.folder}`)
  try {
    return await runOn(bench, { schedule, samples }, options)
  } finally {
    await bench.close(options)
  }
}

async function runOn(
  bench: ChaosCluster,
  { schedule, samples }: { schedule: Schedule; samples: readonly Sample[] },
  options: ChaosOptions,
): Promise<ChaosReport> {
  const { cluster, relays, folder } = bench
  const { seed } = options
  const injector = new Injector({ cluster, relays, folder, seed })
  const { url } = cluster
  const connections = await Promise.all(
    Array.from({ length: clients }, (_, i) => connectClient({ url, id: `chaos-${i + 1}` })),
  )
  const witness = await Witness.connect(url, () => injector.coordinatorLife)
  try {
    const startedAt = performance.now()
    const progress = new Progress(schedule, options, startedAt)
    const striking = strikeOnTime(schedule, injector, { startedAt, progress })
    const outcomes = await Promise.all(
      schedule.requests.map(async (planned, i) => {
        await until(startedAt + planned.atMs)
        const question = { model: modelName, request: `r${i}`, planned }
        progress.asked()
        const client = connections[planned.client]!
        const outcome = await ask(client, question, samples[planned.sample]!)
        progress.ended(i, planned, outcome)
        return outcome
      }),
    )
    await striking
    await injector.healed()
    return {
      ...tally(outcomes),
      ...{ duplicates: witness.duplicates.length, faults: schedule.faults, seed },
      skipped: Object.fromEntries(injector.skipped),
      recovery: await recovered(connections[0]!),
      problems: injector.problems,
    }
  } finally {
    injector.close()
    await Promise.all([witness.close(), ...connections.map(client => client.close())])
  }
}

async function strikeOnTime(
  { faults }: Schedule,
  injector: Injector,
  { startedAt, progress }: { startedAt: number; progress: Progress },
): Promise<void> {
  for (const fault of faults) {
    await until(startedAt + fault.atMs)
    progress.struck(JSON.stringify(fault))
    injector.strike(fault)
  }
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

function until(instant: number): Promise<void> {
  return sleep(Math.max(0, instant - performance.now()))
}

/** Says how far the run has come, and what is worth a note. */
class Progress {
  readonly #options: ChaosOptions
  readonly #startedAt: number
  readonly #total: number
  readonly #faults: number
  readonly #ends = { right: 0, wrong: 0, error: 0, lost: 0 }
  #asked = 0
  #struck = 0

  constructor({ requests, faults }: Schedule, options: ChaosOptions, startedAt: number) {
    this.#options = options
    this.#startedAt = startedAt
    this.#total = requests.length
    this.#faults = faults.length
  }

  asked(): void {
    this.#asked += 1
    this.#say()
  }

  struck(what: string): void {
    this.#struck += 1
    this.#note(what)
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
    this.#options.onProgress?.(
      `${this.#asked} of ${this.#total} asked, ${this.#struck} of ${this.#faults} faults: ` +
        `${right} right, ${error} errors, ${wrong} wrong, ${lost} lost, ${open} open`,
    )
  }
}
