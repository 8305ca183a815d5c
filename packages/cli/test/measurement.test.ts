import { latencyOf, type Sample, summariseSamples } from '@cocoi/cli'
import type { InferenceAnswer } from '@cocoi/protocol'
import { expect } from 'chai'

function sample(scheme: string, latencyMs: number, facts: Partial<Sample['trial']> = {}): Sample {
  const stage = { headMs: 2, waitMs: 50, decodeMs: 4 }
  const answer = {
    plan: { kind: 'stages', scheme: 'mds:4,3' },
    timing: { inferenceMs: latencyMs - 20, totalMs: latencyMs - 8 },
    stages: [stage, stage],
  } as unknown as InferenceAnswer
  const right = { answer, error: undefined, maxAbsError: 0, maxRelError: 0.001, ok: true }
  return { scheme, trial: { input: 'noise', latencyMs, ...right, ...facts } }
}

const about = { scenario: 'none', dilation: 2, schemes: ['uncoded', 'mds'] }

describe('the measurements of a testbed', () => {
  it('are in the time of a Pi, and relative to uncoded', () => {
    const samples = [sample('mds', 300), sample('uncoded', 400), sample('mds', 320)]
    const [uncoded, mds] = summariseSamples(samples, about)
    expect(uncoded).to.include({ scheme: 'uncoded', toUncoded: 1, ok: true })
    expect(mds).to.include({ scheme: 'mds', ranAs: 'mds:4,3', toUncoded: 155 / 200 })
    expect(mds!.latencyMs).to.deep.include({ p50: 155, p99: 160, all: [150, 160], spread: 5 })
  })

  it('divide every latency among its phases', () => {
    const [, mds] = summariseSamples([sample('uncoded', 400), sample('mds', 300)], about)
    expect(mds!.phases).to.deep.equal({
      ...{ before: 6, head: 2, wait: 50, decode: 4, rest: 84, transfer: 4 },
    })
    const { phases, latencyMs } = mds!
    expect(Object.values(phases).reduce((sum, ms) => sum + ms)).to.equal(latencyMs.mean)
  })

  it('show an answer that is wrong or missing', () => {
    const nothing = { answer: undefined, error: 'ERR_DEADLINE: too late', ok: false }
    const samples = [sample('uncoded', 400), sample('mds', 300, nothing), sample('mds', 300)]
    const [uncoded, mds] = summariseSamples(samples, about)
    expect(uncoded).to.include({ ok: true })
    expect(mds).to.deep.include({ ok: false, errors: ['ERR_DEADLINE: too late'] })
  })

  it('have the median between the middle ones of an even number', () => {
    expect(latencyOf([1, 9, 2, 4]).p50).to.equal(3)
    expect(latencyOf([9, 1, 2]).p50).to.equal(2)
  })
})
