import { quantile, summarise, type Trial } from '@cocoi/cli'
import type { InferenceAnswer } from '@cocoi/protocol'
import { expect } from 'chai'

const situation = { scheme: 'mds:6,4', devices: 6, killed: 1, frozen: 0, slowed: 0 }

function trial(latencyMs: number, facts: Partial<Trial> = {}): Trial {
  const answer = {
    plan: { kind: 'stages', scheme: 'mds:6,4', transport: 'float16', notes: ['note'] },
    bytes: { out: latencyMs * 10, in: latencyMs },
    stages: [],
  } as unknown as InferenceAnswer
  const right = { answer, error: undefined, maxAbsError: 0.1, maxRelError: 0.001, ok: true }
  return { input: 'photo.jpg', latencyMs, ...right, ...facts }
}

describe('quantile', () => {
  it('is one of the values, by nearest rank', () => {
    const values = [50, 10, 40, 20, 30]
    expect([0, 0.2, 0.21, 0.5, 0.99, 1].map(share => quantile(values, share))).to.deep.equal([
      10, 10, 20, 30, 50, 50,
    ])
  })

  it('is 0 of nothing', () => {
    expect(quantile([], 0.5)).to.equal(0)
  })
})

describe('report of a scheme', () => {
  it('holds latencies in the order of the trials, the worst errors and the median traffic', () => {
    const worse = { maxAbsError: 0.3, maxRelError: 0.002 }
    const report = summarise(situation, [trial(30), trial(10, worse), trial(20)])
    expect(report).to.deep.include({
      ...{ ...situation, ok: true, maxAbsError: 0.3, maxRelError: 0.002 },
      ...{ bytesOut: 200, bytesIn: 20, notes: ['note'], errors: [] },
      latencyMs: { p50: 20, p99: 30, all: [30, 10, 20] },
    })
  })

  it('is not right when one answer is wrong or missing, or there is none at all', () => {
    const missing = { answer: undefined, error: 'ERR_DEADLINE: too late', ok: false }
    const report = summarise(situation, [trial(1), trial(2, missing), trial(3, missing)])
    expect(report).to.deep.include({ ok: false, errors: ['ERR_DEADLINE: too late'], bytesIn: 1 })
    expect(summarise(situation, []).ok).to.equal(false)
  })

  it('takes more trials than a call takes arguments', () => {
    const many = Array.from({ length: 300_000 }, () => trial(1))
    expect(summarise(situation, many).maxAbsError).to.equal(0.1)
  })
})
