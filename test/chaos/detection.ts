import { setTimeout as sleep } from 'node:timers/promises'
import { type CocoiClient, connectClient } from '@cocoi/client'
import type { SystemEvent } from '@cocoi/protocol'
import type { VirtualDaemon } from '@cocoi/testbed'
import { type ChaosCluster, modelName, startChaosCluster } from './chaos-cluster.ts'
import { ask } from './load.ts'
import { type Sample, samplesOf, smallCnn } from './small-cnn.ts'

/** What was measured of one way to notice a death, in ms. */
interface Times {
  readonly p50: number
  readonly max: number
}

/** How quickly the coordinator tells of a death, and how often of one that was none. */
export interface DetectionReport {
  /** From SIGKILL to `device-lost`: the broker sees the connection close and publishes the will. */
  readonly closedSocketMs: Times
  /** From SIGSTOP to `device-suspected`: heartbeats stay away. */
  readonly silentMs: Times
  /** Suspicions of devices that were well, while the cluster answered one request after the other. */
  readonly falseSuspicions: number
  readonly deviceSeconds: number
  readonly requests: number
}

/** The promised limits. */
export const detectionLimits = { closedSocketMs: 200, silentMs: 3500 } as const

const devices = 6
const loadMs = 20_000
/** Long enough that a heartbeat regular again tells nothing of the fault before. */
const restMs = 3000

export async function measureDetection(options: {
  readonly seed: number
  readonly onProgress?: (text: string) => void
}): Promise<DetectionReport> {
  const { seed, onProgress = () => undefined } = options
  const model = smallCnn(seed)
  const samples = await samplesOf(model, seed + 1)
  const bench = await startChaosCluster(model, { devices, onProgress })
  try {
    const client = await connectClient({ url: bench.cluster.url, id: 'chaos-detection' })
    try {
      return await measureOn(bench, { client, samples, onProgress })
    } finally {
      await client.close()
    }
  } finally {
    await bench.close()
  }
}

async function measureOn(
  { cluster }: ChaosCluster,
  tools: {
    client: CocoiClient
    samples: readonly Sample[]
    onProgress: (text: string) => void
  },
): Promise<DetectionReport> {
  const { client, samples, onProgress } = tools
  const news = new News()
  await client.watch.events(event => news.add(event))
  onProgress('answering requests, nobody is to be suspected')
  const before = news.count('device-suspected')
  const requests = await answerFor(loadMs, client, samples)
  const falseSuspicions = news.count('device-suspected') - before
  const silent: number[] = []
  const closed: number[] = []
  for (const [index, device] of cluster.devices.entries()) {
    onProgress(`device ${index + 1} of ${devices} falls silent, then dies`)
    silent.push(await timeUntil(news, 'device-suspected', device, () => device.freeze()))
    device.thaw()
    await news.next('device-recovered', device.id)
    closed.push(await timeUntil(news, 'device-lost', device, () => device.kill()))
    await device.restart()
    await sleep(restMs)
  }
  const deviceSeconds = (devices * loadMs) / 1000
  const times = { closedSocketMs: timesOf(closed), silentMs: timesOf(silent) }
  return { ...times, falseSuspicions, deviceSeconds, requests }
}

async function answerFor(
  forMs: number,
  client: CocoiClient,
  samples: readonly Sample[],
): Promise<number> {
  const endsAt = performance.now() + forMs
  const parameters = { deadlineMs: 20_000, scheme: 'mds:6,4', transport: 'float16' } as const
  const planned = { pauseMs: 0, sample: 0, parameters }
  let count = 0
  for (; performance.now() < endsAt; count++) {
    const question = { model: modelName, request: `load-${count}`, planned }
    await ask(client, question, samples[count % samples.length]!)
  }
  return count
}

async function timeUntil(
  news: News,
  type: string,
  { id }: VirtualDaemon,
  harm: () => void,
): Promise<number> {
  const told = news.next(type, id)
  const startedAt = performance.now()
  harm()
  await told
  return performance.now() - startedAt
}

/** Events as they come, and waiting for the next of a kind. */
class News {
  readonly #counts = new Map<string, number>()
  readonly #waiting = new Map<string, () => void>()

  add({ type, device }: SystemEvent): void {
    this.#counts.set(type, this.count(type) + 1)
    this.#waiting.get(`${type} ${device}`)?.()
  }

  count(type: string): number {
    return this.#counts.get(type) ?? 0
  }

  next(type: string, device: string): Promise<void> {
    const patience = sleep(30_000, undefined, { ref: false }).then(() => {
      throw new Error(`no ${type} of ${device} within 30 s`)
    })
    const event = new Promise<void>(resolve => this.#waiting.set(`${type} ${device}`, resolve))
    return Promise.race([event, patience])
  }
}

function timesOf(all: readonly number[]): Times {
  const sorted = all.toSorted((a, b) => a - b)
  const [p50, max] = [sorted[Math.floor(sorted.length / 2)]!, sorted.at(-1)!]
  return { p50: Math.round(p50), max: Math.round(max) }
}

/** Whether the promised limits are kept. */
export function isQuick({ closedSocketMs, silentMs }: DetectionReport): boolean {
  const { closedSocketMs: closed, silentMs: silent } = detectionLimits
  return closedSocketMs.max < closed && silentMs.max < silent
}

/** The report for people. */
export function formatDetection(report: DetectionReport): string {
  const { closedSocketMs, silentMs, falseSuspicions, deviceSeconds, requests } = report
  const limits = detectionLimits
  return [
    `closed socket    p50 ${closedSocketMs.p50} ms, max ${closedSocketMs.max} ms (limit ${limits.closedSocketMs})`,
    `silent death     p50 ${silentMs.p50} ms, max ${silentMs.max} ms (limit ${limits.silentMs})`,
    `false suspicions ${falseSuspicions} in ${deviceSeconds} device seconds with ${requests} requests`,
  ].join('\n')
}
