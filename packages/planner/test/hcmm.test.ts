import { evenLoads, hcmmLoads } from '@cocoi/planner'
import { expect } from 'chai'

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0)

describe('HCMM loads', () => {
  it('are proportional to speed, and need no redundancy, when nothing straggles', () => {
    const devices = [10, 20, 40].map(shiftMs => ({ shiftMs, scaleMs: 0 }))
    const loads = hcmmLoads(devices, 7)
    expect(loads.map(load => Math.round(load * 1e6) / 1e6)).to.deep.equal([4, 2, 1])
  })

  it('satisfy the equation that defines them', () => {
    const devices = [
      { shiftMs: 10, scaleMs: 5 },
      { shiftMs: 30, scaleMs: 60 },
      { shiftMs: 3, scaleMs: 1 },
    ]
    const needed = 12
    const loads = hcmmLoads(devices, needed)
    const shares = devices.map(({ shiftMs, scaleMs }, i) => {
      const [a, mu] = [shiftMs, 1 / scaleMs]
      return { a, mu, load: loads[i]! }
    })
    // ℓ = r/(s·λ), so τ = r/s is the same λ·ℓ for all.
    const expected = shares.map(({ a, mu, load }) => {
      const tau = meanTime(devices, needed)
      const lambda = tau / load
      expect(Math.exp(mu * lambda)).to.be.closeTo(
        Math.exp(a * mu) * (1 + mu * lambda),
        1e-6 * Math.exp(mu * lambda),
      )
      return load * (1 - Math.exp(-(mu / load) * (tau - a * load)))
    })
    expect(sum(expected), 'results expected at τ').to.be.closeTo(needed, 1e-6)
  })

  it('carry the more redundancy the more the fleet straggles', () => {
    const totals = [0.1, 0.5, 1, 3].map(straggling => {
      const devices = Array.from({ length: 10 }, () => ({ shiftMs: 10, scaleMs: 10 * straggling }))
      return sum(hcmmLoads(devices, 10))
    })
    expect(totals).to.deep.equal([...totals].sort((a, b) => a - b))
    expect(totals[0]).to.be.within(10, 12)
    expect(totals[3]).to.be.above(15)
  })
})

/** τ* = r/s, s by its definition with λ found by bisection: shares no code with the planner. */
function meanTime(
  devices: readonly { shiftMs: number; scaleMs: number }[],
  needed: number,
): number {
  const terms = devices.map(({ shiftMs: a, scaleMs }) => {
    const mu = 1 / scaleMs
    let [low, high] = [1e-9, 1e6]
    for (let i = 0; i < 200; i++) {
      const middle = (low + high) / 2
      if (mu * middle - Math.log1p(mu * middle) < a * mu) low = middle
      else high = middle
    }
    return mu / (1 + mu * low)
  })
  return needed / sum(terms)
}

describe('whole rows dealt out by speed', () => {
  it('end as evenly as they can', () => {
    const devices = [10, 10, 20, 40].map(shiftMs => ({ shiftMs, scaleMs: 0 }))
    expect(evenLoads(devices, 11)).to.deep.equal([4, 4, 2, 1])
    expect(evenLoads(devices, 2)).to.deep.equal([1, 1, 0, 0])
  })
})
