import { expect } from 'chai'
import type { FaultKind } from './fault.ts'
import { runChaos } from './run-chaos.ts'
import { runSoak } from './run-soak.ts'

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

/** A seed that begins with the death of every device and leaves broker and coordinator alone. */
const soak = { seed: 7, forMs: 5000, requestsPerFault: 10 }

describe('a cluster that is kept busy for a while', function () {
  this.timeout(180_000)

  it('tells the memory of every process, and of those that were started again how often', async () => {
    const { memory, sent, right, errors, wrong, lost, faults, problems } = await runSoak(soak)
    expect({ wrong, lost, problems }).to.deep.equal({ wrong: 0, lost: 0, problems: [] })
    const explicit = Object.values(errors).reduce((sum, count) => sum + count, 0)
    expect(right + explicit)
      .to.equal(sent)
      .and.to.be.above(0)
    expect(faults).to.not.be.empty
    const names = ['broker', 'coordinator', ...['pi1', 'pi2', 'pi3', 'pi4', 'pi5', 'pi6']]
    expect(memory.map(({ name }) => name)).to.deep.equal(names)
    for (const { longest } of memory) {
      expect(longest.startBytes).to.be.above(0)
      expect(longest.peakBytes).to.be.at.least(Math.max(longest.startBytes, longest.endBytes))
    }
    const [broker, coordinator, ...devices] = memory
    expect([broker!.lives, coordinator!.lives]).to.deep.equal([1, 1])
    for (const { lives } of devices) expect(lives).to.be.above(1)
  })
})
