import { decodeFrame, type InferenceAnswer, topics } from '@cocoi/protocol'
import { expect } from 'chai'
import { Question } from '../helpers/question.ts'
import { smallNetwork } from '../helpers/small-network.ts'
import { startVirtualCluster, type VirtualCluster } from '../helpers/virtual-cluster.ts'

const known = topics()

/** Devices that are struck once they have been sent a subtask, by number. */
interface Strike {
  readonly kill: readonly number[]
  readonly freeze: readonly number[]
}

/** A subtask that was sent to a device. */
interface Sent {
  readonly device: string
  readonly stage: number
  readonly attempt: number
}

describe('devices that fail during a request', function () {
  this.timeout(60_000)
  let cluster: VirtualCluster
  let question: Question
  const sent: Sent[] = []

  before(async () => {
    cluster = await startVirtualCluster({
      devices: 6,
      models: { small: { model: smallNetwork() } },
      coordinator: { heartbeatMs: 500 },
      device: { heartbeatMs: 500 },
    })
    question = await Question.of(cluster)
    for (const filter of known.filters('subtasks')) {
      await cluster.wiretap.listen(filter, ({ topic, payload }) => {
        const { header } = decodeFrame(payload)
        const ids = known.parse(topic)
        if (ids?.kind !== 'subtasks' || header.type !== 'subtask') return
        sent.push({ device: ids.device, stage: header.stage, attempt: header.attempt })
      })
    }
  })

  after(() => cluster?.stop())

  async function ask(scheme: string): Promise<InferenceAnswer> {
    sent.length = 0
    const parameters = { scheme, transport: 'float32' } as const
    return question.ask(parameters)
  }

  /** Asks until all of these take part. */
  async function askUntilAllTakePart(scheme: string, devices: readonly string[]): Promise<void> {
    for (;;) {
      const answer = await ask(scheme)
      const present = new Set([...answer.devices.used, ...answer.devices.late])
      if (devices.every(device => present.has(device))) return
    }
  }

  /** Asks while devices that have been sent their first subtask die or hang before they answer. */
  async function askDuring(scheme: string, { kill, freeze }: Strike): Promise<InferenceAnswer> {
    const stopped = [...kill, ...freeze].map(i => cluster.devices[i]!)
    const atWork = await Promise.all(
      stopped.map(({ id }) => cluster.wiretap.expect(known.subtasks({ device: id }))),
    )
    // A stopped process takes what the network brings it and does nothing with it.
    for (const device of stopped) device.freeze()
    const answering = ask(scheme)
    await Promise.all(atWork.map(({ seen }) => seen))
    for (const i of kill) cluster.devices[i]!.kill()
    return answering
  }

  async function heal({ kill, freeze }: Strike): Promise<void> {
    for (const i of freeze) cluster.devices[i]!.thaw()
    await Promise.all(kill.map(i => cluster.devices[i]!.restart()))
    await allOnline()
  }

  async function allOnline(): Promise<void> {
    await cluster.view.until('all six devices are back', ({ coordinator }) => {
      const { online, suspect } = coordinator.health!.devices
      return online === 6 && suspect === 0
    })
  }

  const everyone = ['pi1', 'pi2', 'pi3', 'pi4', 'pi5', 'pi6']
  const strikes: Record<string, Strike> = {
    'two die': { kill: [0, 3], freeze: [] },
    'two hang': { kill: [], freeze: [0, 1] },
    'one dies and one hangs': { kill: [1], freeze: [2] },
  }

  for (const [what, strike] of Object.entries(strikes)) {
    describe(`while ${what}`, () => {
      after(() => heal(strike))

      it('mds:6,4 gives the same answer without them', async () => {
        await askUntilAllTakePart('mds:6,4', everyone)
        const { devices } = await askDuring('mds:6,4', strike)
        const struck = [...strike.kill, ...strike.freeze].map(i => `pi${i + 1}`)
        expect(devices.used.filter(device => struck.includes(device))).to.deep.equal([])
      })
    })
  }

  describe('afterwards', () => {
    it('devices that were restarted or thawed take part again under their ids', async () => {
      await askUntilAllTakePart('mds:6,4', everyone)
    })
  })

  describe('under uncoded', () => {
    const strike: Strike = { kill: [0], freeze: [5] }
    after(() => heal(strike))

    it('the rows of the failed devices are computed by others', async () => {
      await askUntilAllTakePart('uncoded', everyone)
      const { devices } = await askDuring('uncoded', strike)
      expect(devices.used).to.not.include('pi1').and.not.include('pi6')
      const again = sent.filter(({ stage, attempt }) => stage === 0 && attempt > 1)
      expect(again, 'second attempts').to.have.length.of.at.least(2)
    })
  })

  describe('under mds:6,4', () => {
    it('the coordinator answers alone when every device dies, and with them when they are back', async () => {
      const strike: Strike = { kill: [0, 1, 2, 3, 4, 5], freeze: [] }
      await askUntilAllTakePart('mds:6,4', everyone)
      const { devices } = await askDuring('mds:6,4', strike)
      expect(devices.used).to.deep.equal(['(coordinator)'])
      await cluster.view.until('no device is there', ({ coordinator }) => {
        return coordinator.health?.devices.online === 0
      })
      await ask('mds:6,4')
      await heal(strike)
      await askUntilAllTakePart('mds:6,4', everyone)
    })
  })
})
