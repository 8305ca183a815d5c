import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  Burst,
  betterPlan,
  Fleet,
  Measurements,
  type Planned,
  PlanningThread,
  planNow,
  predictNow,
  Reconsideration,
  TrackRecord,
} from '@cocoi/coordinator'
import { serializeModel } from '@cocoi/onnx'
import { parseSchemeRequest } from '@cocoi/planner'
import { encodeDeviceHealth, encodeStatus } from '@cocoi/protocol'
import { MemoryBroker, type Transport } from '@cocoi/transport'
import { expect } from 'chai'
import { shapedZoo } from '../../planner/test/shaped-zoo.ts'
import { known } from './memory-cluster.ts'

const resnet18 = shapedZoo('resnet18')
const sure = { qos: 1, retain: true, timeoutMs: 5000 } as const
const devices = ['pi1', 'pi2', 'pi3', 'pi4']
const wish = {
  scheme: parseSchemeRequest('auto'),
  axis: 'rows',
  transport: 'float16',
  goal: { type: 'latency' },
} as const

describe('planning with what is measured', () => {
  let broker: MemoryBroker
  let device: Transport
  let coordinator: Transport
  let fleet: Fleet
  let measurements: Measurements
  let now: number
  let seq: number
  let planner: PlanningThread
  let prepared: { graph: typeof resnet18; graphSha: string; weightsFolder: string }

  before(async () => {
    planner = new PlanningThread()
    const weightsFolder = await mkdtemp(join(tmpdir(), 'cocoi-planning-'))
    prepared = { graph: resnet18, graphSha: 'resnet18', weightsFolder }
    await writeFile(join(weightsFolder, 'resnet18'), serializeModel(resnet18))
  })

  after(async () => {
    await planner.close()
    await rm(prepared.weightsFolder, { recursive: true })
  })

  beforeEach(async () => {
    now = 0
    seq = 0
    broker = new MemoryBroker()
    coordinator = broker.connect({ clientId: 'main' })
    device = broker.connect({ clientId: 'pi' })
    fleet = new Fleet({
      ...{ transport: coordinator, topics: known, heartbeatMs: 60_000, now: () => now },
      ...{ onDrop: (_, error) => expect.fail(`${error}`), onNamesake: () => undefined },
    })
    measurements = new Measurements({ fleet, now: () => now })
    await fleet.start()
    for (const id of devices) {
      const since = new Date().toISOString()
      const status = encodeStatus({ state: 'online', session: 1, since })
      await device.publish(known.deviceStatus({ device: id }), status, sure)
      await beat(id, 1e9)
    }
  })

  afterEach(async () => {
    fleet.stop()
    await Promise.all([device.close(), coordinator.close()])
  })

  /** A heartbeat of a device that says so of its speed; resolves when the fleet has heard it. */
  async function beat(id: string, flopsPerS: number): Promise<void> {
    const speed = { flopsPerS, memoryBytesPerS: 3e9, perRunMs: 0, straggling: 0.05, samples: 50 }
    const health = {
      ...{ session: 1, seq: seq++, uptimeS: 1, memory: { rssBytes: 1, freeBytes: 1 } },
      ...{ queue: { waiting: 0, running: 0 }, eventLoopLagMs: 0, profile: speed },
      subtasks: { done: 0, failed: 0, cancelled: 0, expired: 0 },
    }
    const topic = known.deviceHealth({ device: id })
    const heard = new Promise<void>(resolve => {
      void coordinator.subscribe(topic, (_, payload) => {
        if (JSON.parse(new TextDecoder().decode(payload)).seq === health.seq) resolve()
      })
    })
    await device.publish(topic, encodeDeviceHealth(health), sure)
    await heard
  }

  /** The coordinator computes as fast as this. */
  function compute(flopsPerS: number): void {
    for (let i = 0; i < 16; i++) measurements.ran({ flops: 1e9, bytes: 0 }, 1e12 / flopsPerS)
  }

  const options = () => ({ planner, prepared, wish, measurements, minIntensity: 32 })
  const plan = () => planNow(options())

  it('shares where the coordinator is slow, and keeps the model where it is fast', async () => {
    compute(1e9)
    const slow = await plan()
    expect(slow.plan.kind).to.equal('stages')
    expect(slow.fleet.devices.map(({ name }) => name)).to.have.members(devices)
    compute(100e9)
    expect((await plan()).plan.kind).to.equal('local')
  })

  it('gives a device that has become slow less to do', async () => {
    compute(1e9)
    await beat('pi2', 0.2e9)
    const { plan: made, fleet: known } = await plan()
    const last = known.devices.map(({ name }) => name).indexOf('pi2')
    expect(last, 'the fastest first').to.equal(3)
    for (const { rowsPerDevice, code } of made.load.stages) {
      if (rowsPerDevice) expect(rowsPerDevice[last]! * 2).to.be.at.most(Math.max(...rowsPerDevice))
      else expect(code.k, 'nobody waits for it').to.be.below(4)
    }
  })

  it('is said in the health: the own speed, and the ways as subtasks find them', () => {
    compute(2e9)
    expect(measurements.health.profile!.flopsPerS).to.be.closeTo(2e9, 1e6)
    expect(measurements.health.ways).to.equal(undefined)
    for (let i = 0; i < 20; i++) {
      const burst = new Burst(now)
      const ids = devices.map((id, row) => {
        return { inference: `i${i}`, stage: 0, row, attempt: 1, device: id }
      })
      for (const id of ids) {
        measurements.sent(id, { bytes: 100_000, work: { flops: 1e6, bytes: 1 }, burst })
      }
      for (const [row, id] of ids.entries()) {
        now = i * 1000 + 30 + 2 * (row + 2)
        const times = { type: 'result', plan: 'p', queueMs: 10, computeMs: 20 } as const
        measurements.answered(id.device, { ...id, ...times }, 100_000)
      }
      now = (i + 1) * 1000
    }
    const { shared, links } = measurements.health.ways!
    expect(200_000 / shared.bytesPerS + (2 * shared.perMessageMs) / 1000).to.be.closeTo(0.004, 1e-4)
    expect(Object.keys(links)).to.have.members(devices)
  })

  it('counts who dies at work, not who stops or has nothing to do', async () => {
    const rate = () => measurements.fleet().devices[0]!.failuresPerS
    const work = { flops: 1e9, bytes: 0 }
    const leave = async (id: string, state: 'offline' | 'stopped') => {
      const lost = new Promise<void>(resolve => {
        const leaveFleet = fleet.onChange(({ type }) => {
          if (type !== 'lost') return
          leaveFleet()
          resolve()
        })
      })
      const status = encodeStatus({ state, session: 1, since: new Date().toISOString() })
      await device.publish(known.deviceStatus({ device: id }), status, sure)
      await lost
    }
    const ask = (id: string) =>
      measurements.sent(
        { inference: 'i', stage: 0, row: 0, attempt: 1, device: id },
        { bytes: 1, work, burst: new Burst(0) },
      )
    ask('pi1')
    await leave('pi1', 'stopped')
    await leave('pi2', 'offline')
    expect(rate()).to.equal(0)
    ask('pi3')
    await leave('pi3', 'offline')
    expect(rate()).to.be.above(0)
  })

  it('asks idle devices first, and of these the fastest', async () => {
    await beat('pi3', 2e9)
    const work = { flops: 1e9, bytes: 0 }
    expect(measurements.byEnd(devices, work)[0]).to.equal('pi3')
    const id = { inference: 'i', stage: 0, row: 0, attempt: 1, device: 'pi3' }
    measurements.sent(id, { bytes: 1, work, burst: new Burst(0) })
    measurements.sent({ ...id, row: 1 }, { bytes: 1, work, burst: new Burst(0) })
    expect(measurements.byEnd(devices, work).at(-1)).to.equal('pi3')
  })

  describe('again', () => {
    /** How often something better was adopted, when a request comes at this instant. */
    async function adopted(
      reconsideration: Reconsideration,
      planned: Awaited<ReturnType<typeof plan>>,
      at: number,
      { tookMs = 0, record = new TrackRecord(), isLoaded = true } = {},
    ): Promise<boolean> {
      now = at
      let isAdopted = false
      reconsideration.begin({ planned }, { prepared, wish, record }, async () => {
        isAdopted = isLoaded
        return isLoaded
      })
      now += tookMs
      await reconsideration.idle()
      return isAdopted
    }

    const create = () => {
      const onError = (what: string, error: unknown) => expect.fail(`${what}: ${error}`)
      return new Reconsideration({
        planner,
        measurements,
        minIntensity: 32,
        now: () => now,
        onError,
      })
    }

    it('adopts what is better by more than a twentieth, at most every five seconds', async () => {
      compute(1e9)
      const planned = await plan()
      const reconsideration = create()
      expect(await adopted(reconsideration, planned, 0), 'nothing has changed').to.equal(false)
      await beat('pi1', 1.05e9)
      expect(await adopted(reconsideration, planned, 10), 'hardly changed').to.equal(false)
      await beat('pi2', 0.1e9)
      expect(await adopted(reconsideration, planned, 20)).to.equal(true)
      await beat('pi3', 0.1e9)
      expect(await adopted(reconsideration, planned, 4000), 'too soon').to.equal(false)
      expect(await adopted(reconsideration, planned, 6000)).to.equal(true)
    })

    it('rests four times as long as planning took', async () => {
      compute(1e9)
      const planned = await plan()
      const reconsideration = create()
      await beat('pi2', 0.1e9)
      expect(await adopted(reconsideration, planned, 0, { tookMs: 10_000 })).to.equal(true)
      await beat('pi3', 0.1e9)
      expect(await adopted(reconsideration, planned, 41_000), 'too soon').to.equal(false)
      expect(await adopted(reconsideration, planned, 51_000)).to.equal(true)
    })

    it('rests a minute where the devices did not load what is better, then offers it again', async () => {
      compute(1e9)
      const planned = await plan()
      const reconsideration = create()
      await beat('pi2', 0.1e9)
      const isLoaded = false
      expect(await adopted(reconsideration, planned, 0, { isLoaded })).to.equal(false)
      expect(await adopted(reconsideration, planned, 59_000), 'at rest').to.equal(false)
      expect(await adopted(reconsideration, planned, 61_000)).to.equal(true)
    })

    /** So many answers under a plan took so many times as long as predicted. */
    async function took(
      record: TrackRecord,
      planned: Planned,
      { times, answers }: { times: number; answers: number },
    ): Promise<void> {
      const predictedMs = await predictNow(planned, options())
      const answer = { predictedMs, tookMs: times * predictedMs }
      for (let i = 0; i < answers; i++) record.note(planned, answer, now)
    }

    it('gives up a kind of plan that takes far longer than predicted', async () => {
      compute(1e9)
      const planned = await plan()
      expect(planned.plan.kind).to.equal('stages')
      const record = new TrackRecord()
      const reconsideration = create()
      await took(record, planned, { times: 100, answers: 3 })
      expect(await adopted(reconsideration, planned, 0, { record }), 'by chance').to.equal(false)
      await took(record, planned, { times: 100, answers: 1 })
      expect(await adopted(reconsideration, planned, 10, { record })).to.equal(true)
    })

    it('is not surprised twice: what explains how long it took is measured now', async () => {
      compute(12e9)
      const planned = await plan()
      expect(planned.plan.kind).to.equal('local')
      const record = new TrackRecord()
      await took(record, planned, { times: 3, answers: 4 })
      compute(4e9)
      expect(await adopted(create(), planned, 0, { record })).to.equal(false)
      expect(record.hindsight(0).local).to.be.closeTo(1, 0.1)
      compute(12e9 / 9)
      expect((await plan()).plan.kind, 'if it had counted twice').to.equal('stages')
    })

    /** How often plans are made from now on; `end` restores the planner. */
    function countPlans() {
      const decide = planner.decide.bind(planner)
      const count = { plans: 0, end: () => Object.assign(planner, { decide }) }
      planner.decide = request => {
        count.plans += 1
        return decide(request)
      }
      return count
    }

    it('keeps it where all kinds take longer, and does not plan anew for the same reason', async () => {
      compute(1e9)
      const planned = await plan()
      const record = new TrackRecord()
      for (const scheme of ['auto', 'local', 'whole']) {
        const wanted = { ...wish, scheme: parseSchemeRequest(scheme) }
        const one = scheme === 'auto' ? planned : await planNow({ ...options(), wish: wanted })
        expect(one.plan.kind).to.equal(scheme === 'auto' ? 'stages' : scheme)
        await took(record, one, { times: 100, answers: 4 })
      }
      const reconsideration = create()
      const count = countPlans()
      for (const at of [0, 60_000, 120_000]) {
        expect(await adopted(reconsideration, planned, at, { record })).to.equal(false)
      }
      count.end()
      expect(count.plans).to.equal(1)
    })

    it('looks at once at a plan that is not what it seemed, and later only after a rest', async () => {
      compute(1e9)
      const planned = await plan()
      const record = new TrackRecord()
      const reconsideration = create()
      const count = countPlans()
      const plansAt = async (at: number) => {
        await adopted(reconsideration, planned, at, { record })
        return count.plans
      }
      await beat('pi2', 0.1e9)
      expect(await plansAt(0), 'the fleet is another one').to.equal(1)
      await took(record, planned, { times: 0.5, answers: 8 })
      expect(await plansAt(10), 'at once').to.equal(2)
      await took(record, planned, { times: 0.1, answers: 8 })
      expect(await plansAt(20), 'at rest').to.equal(2)
      expect(await plansAt(6000)).to.equal(3)
      count.end()
    })

    it('keeps a plan that is still good, although the fleet has changed', async () => {
      compute(100e9)
      const planned = await plan()
      await beat('pi2', 0.1e9)
      expect(await betterPlan(planned, options())).to.equal(undefined)
      expect(await adopted(create(), planned, 0), 'the model stays here').to.equal(false)
    })

    it('considers nothing more once it is closed', async () => {
      compute(1e9)
      const planned = await plan()
      await beat('pi2', 0.1e9)
      const reconsideration = create()
      await reconsideration.close()
      expect(await adopted(reconsideration, planned, 0)).to.equal(false)
    })
  })
})
