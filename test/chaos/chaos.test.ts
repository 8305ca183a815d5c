import { expect } from 'chai'
import type { FaultKind } from './fault.ts'
import { runChaos } from './run-chaos.ts'

/** A seed whose eleven faults are of nearly every kind. */
const run = { seed: 58, requests: 60, requestsPerFault: 6 }

const kinds: readonly FaultKind[] = [
  ...(['broker-kill', 'broker-swap', 'cache-corrupt', 'clock-jump', 'coordinator-kill'] as const),
  ...(['device-flap', 'device-freeze', 'device-kill', 'network-cut'] as const),
]

describe('a cluster to which everything happens', function () {
  this.timeout(180_000)

  it('answers every request right or says why not, once, and is whole afterwards', async () => {
    const notes: string[] = []
    const report = await runChaos({ ...run, onNote: note => notes.push(note) })
    const told = [...notes, ...report.problems].join('\n')
    expect(report.faults.map(({ kind }) => kind)).to.include.members(kinds)
    const { sent, wrong, lost, duplicates, problems, recovery } = report
    expect({ sent, wrong, lost, duplicates, problems }, told).to.deep.equal({
      ...{ sent: run.requests, wrong: 0, lost: 0, duplicates: 0, problems: [] },
    })
    expect(recovery.online, told).to.equal(recovery.devices)
    expect(report.brokerStarts.map(({ broker }) => broker)).to.include(report.swappedFor)
    for (const { stateBackMs } of report.brokerStarts) expect(stateBackMs, told).to.be.above(0)
  })
})
