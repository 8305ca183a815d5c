import { floatTensor, makeModel, makeNode, makeValueInfo } from '@cocoi/onnx'
import { fitsFloat16, float16Max } from '@cocoi/partition'
import { expect } from 'chai'
import { compareWithUncut } from './coded-run.ts'

/** One convolution that multiplies by `gain`, and the Relu that would hide an infinity's sign. */
function amplifier(gain: number) {
  return makeModel({
    name: 'amplifier',
    nodes: [makeNode('Conv', ['x', 'w'], ['a']), makeNode('Relu', ['a'], ['y'])],
    inputs: [makeValueInfo('x', 'float32', [1, 1, 12, 5])],
    outputs: [makeValueInfo('y', 'float32', [1, 1, 12, 5])],
    valueInfo: [makeValueInfo('a', 'float32', [1, 1, 12, 5])],
    initializers: [floatTensor('w', [1, 1, 1, 1], Float32Array.of(gain))],
  })
}

function amplified(gain: number, scale: number, seed = 6) {
  return compareWithUncut(amplifier(gain), {
    scheme: k => ({ type: 'mds', n: k + 2, k }),
    k: 4,
    axis: 'rows',
    transport: 'float16',
    seed,
    scale,
  })
}

const largest = (values: readonly number[]) => Math.max(...values)

describe('float16 range', () => {
  it('is kept by every graph when values are ordinary', async () => {
    const { run, error } = await amplified(10, 1)
    for (const peaks of Object.values(run.peaks)) {
      expect(peaks.every(fitsFloat16), `${peaks}`).to.equal(true)
    }
    expect(run.peaks.encode).to.have.length(1)
    expect(run.peaks.decode).to.have.length(1)
    expect(largest(run.peaks.encode)).to.be.within(0.9, 2)
    expect(error).to.be.below(5e-3)
  })

  it('is watched where coded inputs leave it', async () => {
    const { run } = await amplified(1e-3, 1e5)
    expect(largest(run.peaks.encode)).to.be.above(float16Max)
  })

  it('is watched where a device leaves it, also when the coded inputs did not', async () => {
    const { run } = await amplified(1000, 100)
    expect(largest(run.peaks.encode)).to.be.below(float16Max)
    expect(run.peaks.subtask.some(peak => !fitsFloat16(peak))).to.equal(true)
  })

  it('is left also by values too small for eleven bits, where precision would be lost', () => {
    for (const peak of [0, 1e-3, 1, 65504]) expect(fitsFloat16(peak), `${peak}`).to.equal(true)
    for (const peak of [1e-6, 65505, Number.POSITIVE_INFINITY, Number.NaN]) {
      expect(fitsFloat16(peak), `${peak}`).to.equal(false)
    }
  })

  it('is lost to tiny values long before they vanish', async () => {
    const { error, run } = await amplified(1, 1e-6)
    expect(error).to.be.above(1e-2)
    expect(run.peaks.encode.some(fitsFloat16)).to.equal(false)
  })
})
