import type { Scheme } from '@cocoi/coding'
import { Draws, harmonic, meanOfKth, predictPlan } from '@cocoi/planner'
import { expect } from 'chai'
import { bareStage, idealFleet, single } from './ideal-stage.ts'

const options = { draws: new Draws(1), samples: 8000 }
/** 80 ms of work, and exponential straggling of 60 ms on average. */
const subtask = { flops: 80e6, bytes: 0 }
const straggling = { flopsPerS: 1e9, straggling: 0.75 }

function meanMs(scheme: Scheme, devices: number): number {
  const fleet = idealFleet(devices, straggling)
  return predictPlan(single(bareStage(scheme, { subtask })), fleet, options).total.meanMs
}

describe('the predicted mean of a stage on straggling devices', () => {
  for (const [n, k] of [
    [4, 3],
    [6, 4],
    [10, 7],
    [10, 8],
    [20, 16],
  ] as const) {
    it(`is that of the ${k}th of ${n} order statistic under an MDS code`, () => {
      const want = 80 + 60 * meanOfKth(n, k)
      expect(meanMs({ type: 'mds', n, k }, n)).to.be.closeTo(want, 0.01 * want)
    })
  }

  it('is that of the slowest when nothing is spare', () => {
    const want = 80 + 60 * harmonic(10)
    expect(meanMs({ type: 'uncoded', k: 10 }, 10)).to.be.closeTo(want, 0.01 * want)
  })

  it('is that of the slowest pair when everything is sent twice', () => {
    const want = 80 + 30 * harmonic(5)
    expect(meanMs({ type: 'replication', k: 5, r: 2 }, 10)).to.be.closeTo(want, 0.01 * want)
  })

  it('is that of the sum when a device has several rows', () => {
    const { coordinator, ...fleet } = idealFleet(1, straggling)
    const slow = { ...fleet, coordinator: { ...coordinator, flopsPerS: 0.1e9 } }
    const stage = bareStage({ type: 'uncoded', k: 3 }, { subtask })
    const { total } = predictPlan(single(stage), slow, options)
    expect(total.meanMs).to.be.closeTo(3 * 140, 0.01 * 420)
  })

  it('has the coordinator take one row that would queue, where it is fast enough', () => {
    const { coordinator, ...fleet } = idealFleet(2, { flopsPerS: 1e9 })
    const stage = bareStage({ type: 'uncoded', k: 3 }, { subtask })
    const totals = [0.8e9, 0.4e9].map(flopsPerS => {
      const here = { ...fleet, coordinator: { ...coordinator, flopsPerS } }
      return predictPlan(single(stage), here, options).total.meanMs
    })
    expect(totals[0]).to.be.closeTo(100, 1e-6)
    expect(totals[1], 'a device is through with two by then').to.be.closeTo(160, 1e-6)
  })

  it('asks the decoder where the span cannot be counted', () => {
    const lt = meanMs({ type: 'lt', n: 12, k: 6, seed: 3 }, 12)
    expect(lt).to.be.within(80 + 60 * meanOfKth(12, 6), 80 + 60 * harmonic(12))
  })
})

describe('what a prediction counts', () => {
  const fleet = idealFleet(4, { flopsPerS: 1e9 })
  const scheme = { type: 'mds', n: 4, k: 3 } as const

  it('shares the network interface among all rows, out and back', () => {
    const nic = { bytesPerS: 1e6, duplex: 'full' } as const
    const shared = { ...fleet, coordinator: { ...fleet.coordinator, nic } }
    const stage = bareStage({ type: 'uncoded', k: 4 }, { subtask, bytesOut: 10e3, bytesIn: 5e3 })
    const { total } = predictPlan(single(stage), shared, options)
    expect(total.meanMs).to.be.closeTo(4 * 10 + 80 + 4 * 5, 1e-6)
  })

  it('waits for the slower of a link of its own and the shared one', () => {
    const link = { bytesPerS: 1e6, latencyMs: 2, straggling: 0, delayMs: 0 }
    const slow = idealFleet(4, { flopsPerS: 1e9, link })
    const stage = bareStage({ type: 'uncoded', k: 4 }, { subtask, bytesOut: 10e3, bytesIn: 5e3 })
    expect(predictPlan(single(stage), slow, options).total.meanMs).to.be.closeTo(99, 1e-6)
  })

  it('passes messages through the hop one by one', () => {
    const hop = { bytesPerS: Infinity, perMessageMs: 3 }
    const busy = { ...fleet, coordinator: { ...fleet.coordinator, hop } }
    const { total } = predictPlan(
      single(bareStage({ type: 'uncoded', k: 4 }, { subtask })),
      busy,
      options,
    )
    expect(total.meanMs).to.be.closeTo(4 * 3 + 80 + 3, 1e-6)
  })

  it('decodes only the pieces that are missing', () => {
    const coordinator = { ...fleet.coordinator, flopsPerS: 1e9 }
    const decode = (missing: number) => ({ flops: missing * 1e6, bytes: 0 })
    const slowed = idealFleet(4, straggling)
    const stage = bareStage(scheme, { subtask, decode })
    const with_ = predictPlan(single(stage), { ...slowed, coordinator }, options).total.meanMs
    const without = predictPlan(single(bareStage(scheme, { subtask })), slowed, options).total
      .meanMs
    expect(
      with_ - without,
      'a parity row is among the first three in three cases of four',
    ).to.be.closeTo(0.75, 0.03)
  })

  it('runs the side graph while the subtasks are away', () => {
    const coordinator = { ...fleet.coordinator, flopsPerS: 1e9 }
    const side = (flops: number) =>
      single(bareStage(scheme, { subtask, side: { flops, bytes: 0 } }))
    const at = { ...fleet, coordinator }
    expect(predictPlan(side(50e6), at, options).total.meanMs).to.be.closeTo(80, 1e-6)
    expect(predictPlan(side(200e6), at, options).total.meanMs).to.be.closeTo(200, 1e-6)
  })

  it('lets a straggler of one stage be late for the next', () => {
    const uneven = idealFleet(4, { flopsPerS: 1e9 })
    const devices = uneven.devices.map((device, i) =>
      i === 3 ? { ...device, flopsPerS: 0.25e9 } : device,
    )
    const stage = (code: 'mds' | 'uncoded') =>
      bareStage(code === 'mds' ? scheme : { type: 'uncoded', k: 4 }, { subtask })
    const both = { stages: [stage('mds'), stage('uncoded')], tail: { flops: 0, bytes: 0 } }
    expect(predictPlan(both, { ...uneven, devices }, options).total.meanMs).to.be.closeTo(640, 1e-6)
  })

  /** Of 80 ms, a tenth of all devices does not see the end. */
  const oneInTen = -Math.log(0.9) / 0.08

  it('counts devices that fail, and the time until that is noticed or hedged', () => {
    const meanMs = (noticeMs: number) => {
      const { coordinator, ...devices } = idealFleet(4, { flopsPerS: 1e9, failuresPerS: oneInTen })
      const slow = { ...coordinator, flopsPerS: 0.1e9 }
      const failing = { ...devices, coordinator: slow, noticeMs }
      const stage = bareStage({ type: 'uncoded', k: 4 }, { subtask })
      return predictPlan(single(stage), failing, options).total.meanMs
    }
    const share = 1 - 0.9 ** 4
    expect(meanMs(30), 'done again by the first who is free').to.be.closeTo(80 + share * 84, 3)
    expect(meanMs(5000), 'hedged after half as long again').to.be.closeTo(80 + share * 120, 5)
  })

  it('needs no result of a failed device while enough are spare', () => {
    const { coordinator, ...devices } = idealFleet(4, { flopsPerS: 1e9, failuresPerS: oneInTen })
    const slow = { ...coordinator, flopsPerS: 0.1e9 }
    const failing = { ...devices, coordinator: slow, noticeMs: 50 }
    const { total } = predictPlan(single(bareStage(scheme, { subtask })), failing, options)
    expect(total.p50Ms).to.be.closeTo(80, 1e-6)
    expect(total.meanMs).to.be.closeTo(80 + 0.052 * 84, 1)
  })

  it('draws from quantiles where a device has some', () => {
    const bimodal = idealFleet(1, { flopsPerS: 1e9, slowness: [1, 1, 1, 2.5] })
    const stage = bareStage({ type: 'uncoded', k: 1 }, { subtask })
    const { total } = predictPlan(single(stage), bimodal, options)
    expect(total.p50Ms).to.be.closeTo(80, 1e-6)
    expect(total.meanMs).to.be.closeTo(80 * (2 / 3 + 1.75 / 3), 1)
  })
})
