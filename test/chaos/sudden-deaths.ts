import { setTimeout as sleep } from 'node:timers/promises'
import { type CocoiClient, connectClient } from '@cocoi/client'
import type { InferenceAnswer } from '@cocoi/protocol'
import type { VirtualDaemon } from '@cocoi/testbed'
import { modelName, startChaosCluster } from './chaos-cluster.ts'
import { type Sample, samplesOf, smallCnn } from './small-cnn.ts'

/** What it costs that as many devices die during a request as the code can spare, in ms. */
export interface DeathsReport {
  /** Median latency while everybody lives. */
  readonly calmMs: number
  /** Median latency of the requests during which n − k devices were killed at once. */
  readonly deathsMs: number
  /** Median time of the stage that the deaths hit, which is about that of one of its subtasks. */
  readonly subtaskMs: number
}

const scheme = { n: 6, k: 4 }
const rounds = 7
/** Before each of the others, so that both meet the machine in the same mood. */
const calmRequests = 3

/** So much work that its time is hardly disturbed by whatever else the machine does … */
const channels = 64
/** … and devices so slow that a request lasts long enough to be hit in its middle. */
const stretch = 30

/** Kills n − k devices in the middle of a request, several times. */
export async function measureDeaths(options: {
  readonly seed: number
  readonly onProgress?: (text: string) => void
}): Promise<DeathsReport> {
  const { seed, onProgress = () => undefined } = options
  const model = smallCnn(seed, channels)
  const [sample] = await samplesOf(model, seed + 1)
  const bench = await startChaosCluster(model, {
    ...{ devices: scheme.n, onProgress },
    deviceFlags: { stretch },
  })
  try {
    const client = await connectClient({ url: bench.cluster.url, id: 'chaos-deaths' })
    try {
      return await measureOn(bench.cluster.devices, { client, sample: sample!, onProgress })
    } finally {
      await client.close()
    }
  } finally {
    await bench.close()
  }
}

async function measureOn(
  devices: readonly VirtualDaemon[],
  tools: { client: CocoiClient; sample: Sample; onProgress: (text: string) => void },
): Promise<DeathsReport> {
  const { client, sample, onProgress } = tools
  const calm: number[] = []
  const subtasks: number[][] = []
  const hit: number[] = []
  for (let round = 0; round < rounds; round++) {
    await everybodyReady(client, sample)
    for (let i = 0; i < calmRequests; i++) {
      const { ms, answer } = await timed(client, sample)
      calm.push(ms)
      subtasks.push(answer.stages.map(({ waitMs }) => waitMs))
    }
    onProgress(`${scheme.n - scheme.k} devices die during request ${round + 1} of ${rounds}`)
    const doomed = Array.from(
      { length: scheme.n - scheme.k },
      (_, i) => devices[(2 * round + i) % scheme.n]!,
    )
    const asked = timed(client, sample)
    await sleep(median(calm) / 2)
    for (const device of doomed) device.kill()
    hit.push((await asked).ms)
    await Promise.all(doomed.map(device => device.restart()))
  }
  const calmMs = median(calm)
  return { calmMs, deathsMs: median(hit), subtaskMs: stageAt(calmMs / 2, subtasks) }
}

/** Median time of the stage that is under way after so long, from the times of all stages by request. */
function stageAt(instantMs: number, stages: readonly (readonly number[])[]): number {
  const times = stages[0]!.map((_, i) => median(stages.map(request => request[i]!)))
  const endOf = (i: number) => times.slice(0, i + 1).reduce((sum, ms) => sum + ms, 0)
  return times.find((_, i) => endOf(i) > instantMs) ?? times.at(-1)!
}

/** Asks until the answers are those of the full fleet again. */
async function everybodyReady(client: CocoiClient, sample: Sample): Promise<void> {
  for (let attempt = 0; attempt < 100; attempt++) {
    const { answer } = await timed(client, sample)
    const everybody = new Set([...answer.devices.used, ...answer.devices.late])
    if (answer.plan.scheme === `mds:${scheme.n},${scheme.k}` && everybody.size === scheme.n) return
    await sleep(200)
  }
  throw new Error(`the ${scheme.n} devices did not come back`)
}

async function timed(
  client: CocoiClient,
  { input }: Sample,
): Promise<{ ms: number; answer: InferenceAnswer }> {
  const startedAt = performance.now()
  const tensors = [{ name: 'image', ...input }]
  const parameters = { scheme: `mds:${scheme.n},${scheme.k}`, deadlineMs: 30_000 }
  const answer = await client.infer(modelName, { tensors }, parameters)
  return { ms: performance.now() - startedAt, answer }
}

function median(all: readonly number[]): number {
  const sorted = all.toSorted((a, b) => a - b)
  return Math.round(sorted[Math.floor(sorted.length / 2)]!)
}

/** The report for people. */
export function formatDeaths({ calmMs, deathsMs, subtaskMs }: DeathsReport): string {
  const deaths = `${scheme.n - scheme.k} sudden deaths`.padEnd(16)
  const more = Math.max(0, deathsMs - calmMs)
  return `${deaths} ${more} ms more than ${calmMs} ms (limit: one subtask, ${subtaskMs} ms)`
}
