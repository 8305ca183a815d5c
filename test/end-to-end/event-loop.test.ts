import { readFileSync } from 'node:fs'
import { expect } from 'chai'
import sharp from 'sharp'
import { smallNetwork } from '../helpers/small-network.ts'
import { startVirtualCluster, type VirtualCluster } from '../helpers/virtual-cluster.ts'

/** Longest that inference may block the event loop of an agent. */
const limitMs = 50

/** Heartbeats of each agent that are listened to; every one tells the longest delay since the last. */
const heartbeats = 6

describe('the event loops of coordinator and devices', function () {
  this.timeout(60_000)
  let cluster: VirtualCluster
  let image: Buffer

  before(async () => {
    cluster = await startVirtualCluster({
      devices: 3,
      // A run of the whole model takes much longer than the limit.
      models: { deep: { model: smallNetwork({ size: [112, 112], channels: 64, blocks: 12 }) } },
      coordinator: { heartbeatMs: 500 },
      device: { heartbeatMs: 500 },
    })
    const noise = { type: 'gaussian', mean: 128, sigma: 50 } as const
    const photo = { width: 1600, height: 1200, channels: 3, background: 'grey', noise } as const
    image = await sharp({ create: photo }).jpeg().toBuffer()
  })

  after(() => cluster?.stop())

  /** For every agent the longest delays that its next heartbeats tell, less what others caused. */
  async function longestDelays(): Promise<Map<string, number[]>> {
    const agents = new Map(cluster.devices.map(({ id, pid }) => [id, new DelayLog(pid)]))
    agents.set('coordinator', new DelayLog(cluster.coordinator.pid))
    await cluster.view.until(`${heartbeats} heartbeats of everybody`, view => {
      for (const [agent, log] of agents) {
        const { health } = agent === 'coordinator' ? view.coordinator : view.devices.get(agent)!
        if (health) log.take(health)
      }
      return [...agents.values()].every(({ delaysMs }) => delaysMs.length >= heartbeats)
    })
    return new Map([...agents].map(([agent, { delaysMs }]) => [agent, delaysMs]))
  }

  for (const scheme of ['local', 'whole', 'mds:3,2', 'auto']) {
    it(`are not blocked by inferences under ${scheme}`, async () => {
      const ask = () => cluster.client.infer('deep', { image }, { scheme })
      await ask()
      let isOver = false
      const telling = longestDelays().finally(() => {
        isOver = true
      })
      while (!isOver) await ask()
      for (const [agent, delays] of await telling) {
        const text = `${agent}: ${delays.map(Math.round).join(', ')} ms`
        expect(median(delays), text).to.be.below(limitMs)
      }
    })
  }
})

/** The delays of one agent's event loop, without the time that its thread waited for a processor. */
class DelayLog {
  readonly delaysMs: number[] = []
  readonly #pid: number
  #seq: number | undefined
  #waitedMs = 0

  constructor(pid: number) {
    this.#pid = pid
  }

  take({ seq, eventLoopLagMs }: { seq: number; eventLoopLagMs: number }): void {
    if (seq === this.#seq) return
    const waitedMs = waitedForProcessorMs(this.#pid)
    // The first heartbeat also tells what was before.
    if (this.#seq !== undefined) {
      this.delaysMs.push(Math.max(0, eventLoopLagMs - (waitedMs - this.#waitedMs)))
    }
    this.#seq = seq
    this.#waitedMs = waitedMs
  }
}

/** Linux counts how long a thread was ready to run and did not; elsewhere the machine should be idle. */
function waitedForProcessorMs(pid: number): number {
  try {
    const [, waitedNs] = readFileSync(`/proc/${pid}/task/${pid}/schedstat`, 'utf8').split(' ')
    return Number(waitedNs) / 1e6
  } catch {
    return 0
  }
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]!
}
