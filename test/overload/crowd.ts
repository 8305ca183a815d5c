import { setTimeout as sleep } from 'node:timers/promises'
import type { Sample } from '../chaos/small-cnn.ts'
import { type End, Sender } from './sender.ts'

export interface CrowdOptions {
  readonly url: string
  readonly samples: readonly Sample[]
  readonly deadlineMs: number
  readonly sensors: number
  readonly cameras: number
}

/** How often due requests are sent. */
const tickMs = 10

/** Requests of one sensor under way at a time where it waits for answers: enough to leave no place free. */
const streams = 2

/** After its deadline a request must have been told within this time. */
const graceMs = 5000

/** Several clients that send together: sensors, which give their requests identifiers, and cameras. */
export class Crowd {
  readonly #sensors: readonly Sender[]
  readonly #all: readonly Sender[]
  readonly #deadlineMs: number

  static async connect(options: CrowdOptions, onEnd: (end: End) => void): Promise<Crowd> {
    const connect = (kind: 'sensor' | 'camera') => (_: unknown, i: number) =>
      Sender.connect({ ...options, id: `${kind}${i + 1}`, isCamera: kind === 'camera', onEnd })
    const [sensors, cameras] = await Promise.all([
      Promise.all(Array.from({ length: options.sensors }, connect('sensor'))),
      Promise.all(Array.from({ length: options.cameras }, connect('camera'))),
    ])
    return new Crowd(sensors, cameras, options.deadlineMs)
  }

  private constructor(sensors: readonly Sender[], cameras: readonly Sender[], deadlineMs: number) {
    this.#sensors = sensors
    this.#all = [...sensors, ...cameras]
    this.#deadlineMs = deadlineMs
  }

  /** Every sensor has two requests under way all the time. */
  async closedLoop(forMs: number): Promise<void> {
    const endsAt = performance.now() + forMs
    const stream = async (sensor: Sender) => {
      while (performance.now() < endsAt) await sensor.send()
    }
    await Promise.all(this.#sensors.flatMap(sensor => Array(streams).fill(sensor)).map(stream))
  }

  /**
   * All send in turn, `perSecond` together, whatever comes back.
   *
   * @returns how many were sent
   */
  async openLoop(perSecond: number, forMs: number): Promise<number> {
    const startedAt = performance.now()
    let sent = 0
    for (let passed = 0; passed < forMs; passed = performance.now() - startedAt) {
      for (; sent < (passed / 1000) * perSecond; sent++) {
        void this.#all[sent % this.#all.length]!.send()
      }
      await sleep(tickMs)
    }
    return sent
  }

  /** Waits until every request has ended, and returns how many have not in time. */
  async settle(): Promise<number> {
    const endsAt = performance.now() + this.#deadlineMs + graceMs
    while (this.#open > 0 && performance.now() < endsAt) await sleep(tickMs)
    return this.#open
  }

  async close(): Promise<void> {
    await Promise.all(this.#all.map(sender => sender.close()))
  }

  get #open(): number {
    return this.#all.reduce((sum, sender) => sum + sender.open, 0)
  }
}
