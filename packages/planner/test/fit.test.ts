import { seeded } from '@cocoi/coding'
import { fitPhase, fitShiftedExponential, PlannerError } from '@cocoi/planner'
import { expect } from 'chai'

function exponentials(count: number, seed: number): number[] {
  const random = seeded(seed)
  return Array.from({ length: count }, () => -Math.log(1 - random()))
}

describe('fitting a shifted exponential', () => {
  it('finds shift and scale of samples that follow one', () => {
    const samples = exponentials(2000, 1).map(value => 40 + 12 * value)
    const { shift, scale, fits, distance } = fitShiftedExponential(samples)
    expect(shift).to.be.closeTo(40, 0.1)
    expect(scale).to.be.closeTo(12, 0.8)
    expect(fits).to.equal(true)
    expect(distance).to.be.below(0.05)
  })

  it('is not biased by a small number of samples', () => {
    let [shift, scale] = [0, 0]
    for (let seed = 1; seed <= 2000; seed++) {
      const fit = fitShiftedExponential(exponentials(8, seed).map(value => 10 + 4 * value))
      shift += fit.shift / 2000
      scale += fit.scale / 2000
    }
    expect(shift).to.be.closeTo(10, 0.1)
    expect(scale).to.be.closeTo(4, 0.1)
  })

  it('refuses true samples in about one case of twenty', () => {
    const seeds = Array.from({ length: 1000 }, (_, i) => i + 1)
    const refused = seeds.filter(seed => !fitShiftedExponential(exponentials(30, seed)).fits)
    expect(refused.length / 1000).to.be.within(0.03, 0.07)
  })

  it('tells a device that throttles from one that straggles, and keeps its quantiles', () => {
    const samples = exponentials(400, 2).map((value, i) => (i % 3 === 0 ? 25 : 10) + 0.1 * value)
    const { fits, quantiles, distance } = fitShiftedExponential(samples)
    expect(fits).to.equal(false)
    expect(distance).to.be.above(0.2)
    expect(quantiles[8]).to.be.closeTo(10, 0.2)
    expect(quantiles[28]).to.be.closeTo(25, 0.2)
  })

  it('does not take one time of hundreds for one of 32', () => {
    const samples = exponentials(400, 5).map((value, i) => (i === 200 ? 130 : 10 + 0.1 * value))
    const { fits, quantiles } = fitShiftedExponential(samples)
    expect(fits).to.equal(false)
    const steps = quantiles.slice(1).map((value, i) => (value + quantiles[i]!) / 2)
    const mean = steps.reduce((sum, value) => sum + value, 0) / steps.length
    expect(mean).to.be.closeTo(10 + 0.1 + 120 / 400, 0.05)
  })

  it('has no spread where nothing varies', () => {
    expect(fitShiftedExponential([5, 5, 5, 5])).to.include({ shift: 5, scale: 0, fits: true })
  })

  it('refuses two samples', () => {
    expect(() => fitShiftedExponential([1, 2]))
      .to.throw(PlannerError, '3 samples or more, not 2')
      .with.property('code', 'ERR_TOO_FEW_SAMPLES')
  })
})

describe('fitting a phase', () => {
  it('finds speed and straggling of subtasks of different sizes', () => {
    const sizes = [1e8, 3e8, 2e9]
    const observations = exponentials(600, 3).map((value, i) => {
      const units = sizes[i % sizes.length]!
      return { units, ms: 2 + (units / 20e9) * 1000 * (1 + 0.3 * value) }
    })
    const { unitsPerS, straggling, slowness } = fitPhase(observations, 2)
    expect(unitsPerS / 20e9).to.be.closeTo(1, 0.01)
    expect(straggling).to.be.closeTo(0.3, 0.03)
    expect(slowness).to.equal(undefined)
  })

  it('hands out multiples of the undisturbed time where the fit is bad', () => {
    const observations = exponentials(300, 4).map((value, i) => ({
      units: 1e9,
      ms: (i % 2 === 0 ? 50 : 125) + 0.2 * value,
    }))
    const { slowness, unitsPerS } = fitPhase(observations)
    expect(unitsPerS).to.be.closeTo(20e9, 0.8e9 * 2)
    const [least, most] = [slowness![0]!, slowness!.at(-1)!]
    expect(most / least).to.be.closeTo(2.5, 0.1)
  })
})
