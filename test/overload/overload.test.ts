import { expect } from 'chai'
import { runOverload } from './run-overload.ts'

const run = {
  ...{ seed: 7, times: 10, loadMs: 500, rounds: 1, minutes: 2, minuteMs: 1000 },
  maxWaiting: 8,
}

/** Why a request may be refused in an overload. */
const codes = ['ERR_DEADLINE', 'ERR_OVERLOADED', 'ERR_SUPERSEDED']

describe('a cluster that is asked for ten times what it can do', function () {
  this.timeout(120_000)

  it('answers right or refuses with a code, loses nothing, and lets no more wait than may', async () => {
    const report = await runOverload(run)
    for (const load of [...report.loads, report.sustained]) {
      const { sent, right, late, wrong, lost, unsent, refused } = load
      const told = JSON.stringify(load)
      expect({ wrong, lost, unsent }, told).to.deep.equal({ wrong: 0, lost: 0, unsent: 0 })
      const refusals = Object.values(refused).reduce((sum, count) => sum + count, 0)
      expect(right + late + refusals, told).to.equal(sent)
      expect(codes, told).to.include.members(Object.keys(refused))
    }
    expect(report.sustained.right).to.be.above(0)
    expect(report.sustained.refused).to.include.keys('ERR_OVERLOADED', 'ERR_SUPERSEDED')
    expect(report.most.waiting).to.be.at.most(run.maxWaiting)
    expect(report.most.running).to.be.at.most(4)
  })
})
