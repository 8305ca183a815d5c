import { samplesOf, smallCnn } from '../chaos/small-cnn.ts'
import { Crowd, type CrowdOptions } from './crowd.ts'
import { HealthRecord } from './health-record.ts'
import { MemoryRecord } from './memory-record.ts'
import { modelName, startOverloadCluster } from './overload-cluster.ts'
import type { LoadReport, MinuteReport, OverloadReport } from './report.ts'
import { Tally } from './tally.ts'

export interface OverloadOptions {
  readonly seed: number
  /** The heaviest load, in multiples of what can be sustained. */
  readonly times: number
  /** How long the sustainable rate is sought, and each load but the heaviest lasts. */
  readonly loadMs: number
  /** How long the heaviest load lasts: this many of these. */
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
    const { times } = this.#setup.options
    const sustainablePerSecond = await this.#sustainable()
    const loads: LoadReport[] = []
    const multiples = [0.5, 1, 2, times / 2].filter(multiple => multiple < times)
    for (const multiple of [...new Set(multiples)]) {
      loads.push(await this.#load(multiple, multiple * sustainablePerSecond))
    }
    const minutes: MinuteReport[] = []
    loads.push(await this.#heaviest(times, times * sustainablePerSecond, minutes))
    return { sustainablePerSecond, loads, minutes, most: { ...this.#health.most } }
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

  async #load(times: number, perSecond: number): Promise<LoadReport> {
    const { loadMs } = this.#setup.options
    this.#begin(times, perSecond)
    const warm = await this.#crowd.openLoop(perSecond, warmUp * loadMs)
    const { sent, goodput } = await this.#offer(perSecond, loadMs)
    return await this.#report({ times, perSecond, sent: warm + sent, goodput })
  }

  async #heaviest(times: number, perSecond: number, to: MinuteReport[]): Promise<LoadReport> {
    const { minutes, minuteMs = 60_000 } = this.#setup.options
    this.#begin(times, perSecond)
    let sent = 0
    while (to.length < minutes) {
      const offered = await this.#offer(perSecond, minuteMs)
      sent += offered.sent
      const { goodput } = offered
      to.push({ minute: to.length + 1, goodput, memory: this.#memory.now })
      const rate = goodput.toFixed(1)
      this.#setup.onProgress(`minute ${to.length} of ${minutes}: ${rate} right answers per second`)
    }
    const goodput = to.reduce((sum, minute) => sum + minute.goodput, 0) / to.length
    return await this.#report({ times, perSecond, sent, goodput })
  }

  #begin(times: number, perSecond: number): void {
    this.#tally = new Tally()
    this.#setup.onProgress(`offering ${perSecond.toFixed(0)} requests per second, ${times} times`)
  }

  async #offer(perSecond: number, forMs: number): Promise<{ sent: number; goodput: number }> {
    const before = this.#tally.right
    const startedAt = performance.now()
    const sent = await this.#crowd.openLoop(perSecond, forMs)
    const seconds = (performance.now() - startedAt) / 1000
    return { sent, goodput: (this.#tally.right - before) / seconds }
  }

  async #report(
    load: Pick<LoadReport, 'times' | 'perSecond' | 'sent' | 'goodput'>,
  ): Promise<LoadReport> {
    const lost = await this.#crowd.settle()
    const { counts, details } = this.#tally
    return { ...load, ...counts, lost, details: [...details] }
  }
}
