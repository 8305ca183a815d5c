import { SubtaskTimes } from '@cocoi/scheduler'
import { expect } from 'chai'
import { Random } from './random.ts'

describe('times of subtasks', () => {
  it('predict nothing from a few, and then what hardly any exceeds', () => {
    const times = new SubtaskTimes()
    for (const ms of [100, 110, 90, 120, 100, 95, 105]) times.note(ms)
    expect(times.hedgeAfterMs).to.equal(undefined)
    times.note(100)
    expect(times.hedgeAfterMs).to.equal(180)
  })

  it('forget the outlier of long ago', () => {
    const times = new SubtaskTimes()
    times.note(5000)
    for (let i = 0; i < 63; i++) times.note(100)
    expect(times.hedgeAfterMs).to.equal(7500)
    times.note(100)
    expect(times.hedgeAfterMs).to.equal(150)
  })

  it('let no less than the jitter of timers be overdue', () => {
    const times = new SubtaskTimes()
    for (let i = 0; i < 64; i++) times.note(1)
    expect(times.hedgeAfterMs).to.equal(50)
  })

  it('learn from what was cut off that everybody has slowed down, and of one device nothing', () => {
    const times = new SubtaskTimes()
    for (let i = 0; i < 64; i++) times.note(100)
    times.noteCutOff([400], 6)
    expect(times.hedgeAfterMs).to.equal(150)
    times.noteCutOff([160, 160, 170], 6)
    expect(times.hedgeAfterMs).to.equal(255)
  })

  it('hedge less than one in fifty subtasks whose times are shifted-exponential', () => {
    const random = new Random(7)
    const times = new SubtaskTimes()
    let hedges = 0
    for (let i = 0; i < 10_000; i++) {
      const ms = 100 - 20 * Math.log(1 - random.below(1e6) / 1e6)
      if (ms > (times.hedgeAfterMs ?? Number.POSITIVE_INFINITY)) hedges += 1
      times.note(ms)
    }
    expect(hedges).to.be.below(200)
  })
})
