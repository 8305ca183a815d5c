import { type Planned, TrackRecord } from '@cocoi/coordinator'
import { expect } from 'chai'

describe('the track record of plans', () => {
  const whole = { plan: { kind: 'whole' } } as Planned
  const note = (record: TrackRecord, ratio: number, times: number, now = 0) => {
    for (let i = 0; i < times; i++) {
      record.note(whole, { predictedMs: 10, tookMs: 10 * ratio }, now)
    }
  }

  it('says nothing of three answers, and does not heed one that had its own reason', () => {
    const record = new TrackRecord()
    note(record, 3, 3)
    expect(record.hindsight(0)).to.deep.equal({})
    note(record, 50, 1)
    expect(record.hindsight(0)).to.deep.equal({ whole: 3 })
  })

  it('follows the last eight answers', () => {
    const record = new TrackRecord()
    note(record, 3, 20)
    note(record, 1, 8)
    expect(record.hindsight(0)).to.deep.equal({ whole: 1 })
  })

  it('is news when it differs by more than three tenths', () => {
    const record = new TrackRecord()
    note(record, 1.2, 4)
    expect(record.isNews({}, 0)).to.equal(false)
    expect(record.isNews({ local: 2 }, 0)).to.equal(true)
    note(record, 4, 8)
    expect(record.isNews({}, 0)).to.equal(true)
    expect(record.isNews({ whole: 4.5 }, 0)).to.equal(false)
  })

  it('is forgotten five minutes after the last answer, the later the worse it was', () => {
    for (const [ratio, minutes] of [
      [0.5, 5],
      [1, 5],
      [4, 20],
    ] as const) {
      const record = new TrackRecord()
      note(record, ratio, 4)
      expect(record.hindsight((minutes - 1) * 60_000)).to.deep.equal({ whole: ratio })
      expect(record.hindsight((minutes + 1) * 60_000)).to.deep.equal({})
    }
  })

  it('holds what a plan took against what would be predicted for it now', () => {
    const record = new TrackRecord()
    note(record, 3, 4)
    record.repredict('whole', 11, 0)
    expect(record.hindsight(0).whole).to.be.closeTo(3 / 1.1, 1e-9)
    record.repredict('whole', 30, 0)
    expect(record.hindsight(0).whole).to.be.closeTo(1, 1e-9)
    expect(record.plans(0)).to.deep.equal([whole])
  })

  it('forgets what was taken in another world, which would be predicted worse now', () => {
    for (const predictedMs of [3, 30]) {
      const record = new TrackRecord()
      note(record, 1, 4)
      record.repredict('whole', predictedMs, 0)
      expect(record.hindsight(0)).to.deep.equal({})
    }
  })

  it('does not remember again what it has forgotten', () => {
    const record = new TrackRecord()
    note(record, 1, 4)
    record.repredict('whole', 1, 6 * 60_000)
    expect(record.hindsight(6 * 60_000)).to.deep.equal({})
  })
})
