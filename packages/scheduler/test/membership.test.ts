import { lostAfterMs, Membership, nextJitterMs, suspectAfterMs } from '@cocoi/scheduler'
import { expect } from 'chai'
import { Random } from './random.ts'

describe('patience with a silent device', () => {
  for (const { give, suspect, lost } of [
    { give: { heartbeatMs: 1000, jitterMs: 0, lagMs: 0 }, suspect: 2500, lost: 10_000 },
    { give: { heartbeatMs: 200, jitterMs: 0, lagMs: 0 }, suspect: 500, lost: 2000 },
    { give: { heartbeatMs: 1000, jitterMs: 100, lagMs: 0 }, suspect: 2900, lost: 10_400 },
    { give: { heartbeatMs: 1000, jitterMs: 0, lagMs: 300 }, suspect: 3100, lost: 10_600 },
    { give: { heartbeatMs: 1000, jitterMs: 1000, lagMs: 9 }, suspect: 6518, lost: 14_018 },
  ]) {
    it(`ends after ${suspect} ms with ${JSON.stringify(give)}`, () => {
      expect(suspectAfterMs(give)).to.equal(suspect)
      expect(lostAfterMs(give)).to.equal(lost)
    })
  }

  it('learns jitter by quarters and never beyond one heartbeat', () => {
    expect(nextJitterMs(200, 0, 1000)).to.equal(150)
    expect(nextJitterMs(200, 600, 1000)).to.equal(300)
    expect(nextJitterMs(200, 60_000, 1000)).to.equal(1000)
  })
})

describe('Membership', () => {
  const online = (device: string) =>
    ({ type: 'status', device, session: 1, state: 'online' }) as const

  it('remembers a bounded number of devices, those that are there first', () => {
    const membership = new Membership({ heartbeatMs: 1000, maxDevices: 2 })
    membership.step(online('pi-1'), 0)
    membership.step(online('pi-2'), 0)
    expect(membership.step(online('pi-3'), 0)).to.deep.equal([])
    membership.step({ ...online('pi-1'), state: 'offline' }, 1)
    expect(membership.step(online('pi-3'), 2)).to.deep.equal([
      { type: 'joined', device: 'pi-3', session: 1 },
    ])
    expect(Object.keys(membership.snapshot().devices)).to.deep.equal(['pi-2', 'pi-3'])
  })

  it('suspects a steady device within three heartbeats of its last one', () => {
    const membership = new Membership({ heartbeatMs: 1000 })
    membership.step(online('pi-1'), 0)
    for (let seq = 0; seq <= 20; seq++) {
      const jitterMs = (seq % 3) * 20
      membership.step({ type: 'heartbeat', device: 'pi-1', session: 1, seq }, seq * 1000 + jitterMs)
    }
    expect(membership.deadline).to.be.within(22_500, 23_000)
  })

  it('alternates joining and losing, suspecting and recovering, whatever happens', () => {
    const random = new Random(5)
    const states = ['online', 'online', 'starting', 'draining', 'stopped', 'offline'] as const
    const membership = new Membership({ heartbeatMs: 100, maxDevices: 3 })
    const known = new Map<string, string>()
    let now = 0
    let seq = 0
    for (let i = 0; i < 20_000; i++) {
      now += random.below(80)
      const device = `pi-${random.below(4)}`
      const session = Math.floor(i / 500) + random.below(2)
      const event = random.pick([
        { type: 'status', device, session, state: random.pick(states) } as const,
        { type: 'heartbeat', device, session, seq: seq++ } as const,
        { type: 'heartbeat', device, session, seq: random.below(seq + 1) } as const,
        { type: 'lag', lagMs: random.below(50) } as const,
        { type: 'tick' } as const,
      ])
      for (const effect of membership.step(event, now)) {
        const before = known.get(effect.device) ?? 'lost'
        const allowed = { joined: ['lost'], suspected: ['joined', 'recovered'] }
        const more = { recovered: ['suspected'], lost: ['joined', 'suspected', 'recovered'] }
        expect({ ...allowed, ...more }[effect.type], `${before} → ${effect.type}`).to.include(
          before,
        )
        known.set(effect.device, effect.type)
      }
      expect(membership.step({ type: 'tick' }, now)).to.deep.equal([])
      expect(membership.deadline ?? now + 1).to.be.above(now)
    }
  })
})
