import { Burst, type SubtaskId, Transits } from '@cocoi/coordinator'
import type { ResultHeader } from '@cocoi/protocol'
import { expect } from 'chai'

describe('subtasks on their way', () => {
  const idOf = (row: number): SubtaskId => {
    return { inference: 'one', stage: 3, row, attempt: 0, device: `pi-${row}` }
  }
  const predicted = { queueMs: 10, computeMs: 40 }

  function twoSent(): { transits: Transits; burst: Burst } {
    const [transits, burst] = [new Transits(), new Burst(1000)]
    transits.sent(idOf(0), { bytes: 500, burst, ...predicted })
    transits.sent(idOf(1), { bytes: 500, burst, ...predicted })
    return { transits, burst }
  }

  function arrive(transits: Transits, row: number, now: number) {
    const { device, ...id } = idOf(row)
    const header = { ...id, queueMs: 0, computeMs: 30 } as unknown as ResultHeader
    return transits.arrived(header, { device, bytes: 200, now })
  }

  it('have taken what the device has not waited and computed', () => {
    const { transits } = twoSent()
    expect(arrive(transits, 1, 1050)).to.deep.equal({
      ...{ device: 'pi-1', sentAt: 1000, messagesOut: 2 },
      ...{ bytesOut: 1000, bytesIn: 200, ownBytes: 700, ms: 20, computeMs: 30 },
    })
    expect(arrive(transits, 1, 1060)).to.equal(undefined)
  })

  it('are late by what they were awaited beyond what was predicted', () => {
    const { transits } = twoSent()
    arrive(transits, 0, 1050)
    expect(transits.soFar(idOf(1), 1075)).to.include({ ms: 25, computeMs: 40, bytesIn: 200 })
    transits.forget(idOf(1))
    expect(arrive(transits, 1, 1090), 'after all').to.equal(undefined)
  })

  it('say nothing where nobody knows how large results are', () => {
    const { transits } = twoSent()
    expect(transits.soFar(idOf(1), 1075)).to.equal(undefined)
    expect(transits.soFar({ ...idOf(7), device: 'who' }, 1075)).to.equal(undefined)
    expect(arrive(transits, 1, 1075)).to.include({ ms: 45 })
  })
})
