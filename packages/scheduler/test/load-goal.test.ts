import { LoadGoal } from '@cocoi/scheduler'
import { expect } from 'chai'
import { Random } from './random.ts'

describe('the goal that plans are chosen for', () => {
  it('is throughput once requests have queued for two seconds, until none has for ten', () => {
    const load = new LoadGoal()
    expect(load.note(3, 0)).to.equal('latency')
    expect(load.note(1, 1999)).to.equal('latency')
    expect(load.note(1, 2000)).to.equal('throughput')
    expect(load.note(0, 3000)).to.equal('throughput')
    expect(load.note(1, 8000)).to.equal('throughput')
    expect(load.note(0, 17_999)).to.equal('throughput')
    expect(load.note(0, 18_000)).to.equal('latency')
  })

  it('stays latency when requests wait for a moment now and then', () => {
    const load = new LoadGoal()
    for (let now = 0; now < 100_000; now += 1000) {
      expect(load.note(now % 2000 === 0 ? 5 : 0, now)).to.equal('latency')
    }
  })

  it('never changes without a queue of two seconds or a calm of ten before it', () => {
    for (let seed = 1; seed <= 200; seed++) {
      const random = new Random(seed)
      const load = new LoadGoal()
      const seen: { now: number; waiting: number }[] = []
      let [now, goal, changes] = [0, load.goal, 0]
      for (let i = 0; i < 300; i++) {
        now += random.below(1000)
        const burst = Math.floor(now / 15_000) % 2 === 0
        const waiting = burst || random.below(20) === 0 ? random.below(4) : 0
        seen.push({ now, waiting })
        const next = load.note(waiting, now)
        if (next === goal) continue
        changes += 1
        const quietMs = next === 'throughput' ? 2000 : 10_000
        const before = seen.filter(one => one.now > now - quietMs)
        const isRight = (one: (typeof seen)[number]) => one.waiting > 0 === (next === 'throughput')
        expect(before.every(isRight), `seed ${seed} at ${now} to ${next}`).to.equal(true)
        goal = next
      }
      expect(changes).to.be.at.most((now / 12_000) * 2 + 2)
    }
  })
})
