import { samplesOf, smallCnn } from '../chaos/small-cnn.ts'
import { Crowd, type CrowdOptions } from './crowd.ts'
import { HealthRecord } from './health-record.ts'
import { MemoryRecord } from './memory-record.ts'
import { OfferedLoad } from './offered-load.ts'
import { modelName, startOverloadCluster } from './overload-cluster.ts'
import type { MinuteReport, OverloadReport } from './report.ts'
import { Tally } from './tally.ts'

export interface OverloadOptions {
  readonly seed: number
  /** The heaviest load, in multiples of what can be sustained. */
  readonly times: number
  /** How long the sustainable rate is sought, and each load lasts in every round. */
  readonly loadMs: number
  readonly rounds: number
  /** How long the heaviest load is offered in the end: this many of these. */
  readonly minutes: number
  /** @default 60000 */
  readonly minuteMs?: number
  /** @default 64, as it is built in */
  readonly maxWaiting?: number
  readonly onProgress?: (text: string) => void
}

const crowdSize = { sensors: 4, cameras: 2 }
const devices = 3
const deadlineMs = 3000

/** Share of a load's time before anything is counted. */
const warmUp = 0.2

/** Finds the sustainable rate, offers multiples of it, and reports what came of that. */
export async function runOverload(options: OverloadOptions): Promise<OverloadReport> {
  const { seed, onProgress = () => undefined, maxWaiting = 64 } = options
  const model = smallCnn(seed)
  const samples = await samplesOf(model, seed + 1)
  const size = { devices, coordinatorFlags: { maxWaiting } }
  const bench = await startOverloadCluster(model, { ...size, onProgress })
  try {
    const { url, broker, coordinator } = bench.cluster
    const daemons = [broker!, coordinator, ...bench.cluster.devices]
    const pids = daemons.map(({ id, pid }) => [id, pid] as const)
    const measurement = await Measurement.begin({
      ...{ crowd: { ...crowdSize, url, samples, deadlineMs }, pids: Object.fromEntries(pids) },
      ...{ options, onProgress },
    })
    try {
      return { ...(await measurement.run()), model: modelName, devices, deadlineMs, maxWaiting }
    } finally {
      await measurement.end()
    }
  } finally {
    await bench.close()
  }
}

interface Setup {
  readonly crowd: CrowdOptions
  readonly pids: Readonly<Record<string, number>>
  readonly options: OverloadOptions
  readonly onProgress: (text: string) => void
}

/** One run on one cluster. */
class Measurement {
  readonly #setup: Setup
  readonly #memory: MemoryRecord
  #crowd!: Crowd
  #health!: HealthRecord
  #tally = new Tally()

  static async begin(setup: Setup): Promise<Measurement> {
    const measurement = new Measurement(setup)
    measurement.#crowd = await Crowd.connect(setup.crowd, end => measurement.#tally.add(end))
    measurement.#health = await HealthRecord.connect(setup.crowd.url)
    return measurement
  }

  private constructor(setup: Setup) {
    this.#setup = setup
    this.#memory = new MemoryRecord(setup.pids)
  }

  async end(): Promise<void> {
    this.#memory.stop()
    await Promise.all([this.#crowd.close(), this.#health.close()])
  }

  async run() {
    const { times, rounds, minutes } = this.#setup.options
    const sustainablePerSecond = await this.#sustainable()
    const multiples = [...new Set([1, 2, times / 2, times])].filter(multiple => multiple <= times)
    const loads = multiples.map(multiple => new OfferedLoad(multiple, sustainablePerSecond))
    // In turns, so that a machine that has become slower meanwhile has done so for all of them.
    for (let round = 0; round < rounds; round++) {
      for (const load of loads) await this.#offerOnce(load)
    }
    const sustained = new OfferedLoad(times, sustainablePerSecond)
    const reports: MinuteReport[] = []
    while (reports.length < minutes) reports.push(await this.#minute(reports.length + 1, sustained))
    sustained.lost(await this.#crowd.settle())
    return {
      ...{ sustainablePerSecond, minutes: reports, most: { ...this.#health.most } },
      ...{ loads: loads.map(({ report }) => report), sustained: sustained.report },
    }
  }

  async #sustainable(): Promise<number> {
    const { loadMs } = this.#setup.options
    this.#setup.onProgress('seeking the rate that can be sustained')
    // The first ones find a cold cluster, and code that is not compiled yet.
    await this.#crowd.closedLoop(loadMs)
    const before = this.#tally.right
    await this.#crowd.closedLoop(loadMs)
    return (this.#tally.right - before) / (loadMs / 1000)
  }

  async #offerOnce(load: OfferedLoad): Promise<void> {
    const { options, onProgress } = this.#setup
    onProgress(`offering ${load.perSecond.toFixed(0)} per second, ${load.times} times`)
    this.#tally = load.tally
    const warm = await this.#crowd.openLoop(load.perSecond, warmUp * options.loadMs)
    load.note({ sent: warm })
    load.note(await this.#offer(load, options.loadMs))
    load.lost(await this.#crowd.settle())
  }

  async #minute(minute: number, load: OfferedLoad): Promise<MinuteReport> {
    const { options, onProgress } = this.#setup
    this.#tally = load.tally
    const offered = await this.#offer(load, options.minuteMs ?? 60_000)
    load.note(offered)
    const { goodput } = offered
    onProgress(`minute ${minute} of ${options.minutes}: ${goodput.toFixed(1)} right per second`)
    return { minute, goodput, memory: this.#memory.now }
  }

  async #offer(load: OfferedLoad, forMs: number): Promise<{ sent: number; goodput: number }> {
    const before = load.tally.right
    const startedAt = performance.now()
    const sent = await this.#crowd.openLoop(load.perSecond, forMs)
    const seconds = (performance.now() - startedAt) / 1000
    return { sent, goodput: (load.tally.right - before) / seconds }
  }
}
