import { TrackRecord } from '@cocoi/coordinator'
import { expect } from 'chai'

describe('the track record of plans', () => {
  const note = (record: TrackRecord, ratio: number, times: number, now = 0) => {
    for (let i = 0; i < times; i++) {
      record.note('whole', { predictedMs: 10, tookMs: 10 * ratio }, now)
    }
  }

  it('says nothing of two answers, and of more the median', () => {
    const record = new TrackRecord()
    note(record, 3, 2)
    expect(record.hindsight(0)).to.deep.equal({})
    note(record, 50, 1)
    expect(record.hindsight(0)).to.deep.equal({ whole: 3 })
  })

  it('follows the last five answers', () => {
    const record = new TrackRecord()
    note(record, 3, 20)
    note(record, 1, 3)
    expect(record.hindsight(0)).to.deep.equal({ whole: 1 })
  })

  it('is news when it differs by more than three tenths, also when it is forgotten', () => {
    const record = new TrackRecord()
    note(record, 1.2, 3)
    expect(record.isNews({}, 0)).to.equal(false)
    expect(record.isNews({ local: 2 }, 0)).to.equal(true)
    note(record, 4, 5)
    expect(record.isNews({}, 0)).to.equal(true)
    expect(record.isNews({ whole: 4.5 }, 0)).to.equal(false)
    expect(record.isNews({ whole: 4.5 }, 3_700_000)).to.equal(true)
  })
})
