import { deviation } from '@cocoi/cli'
import { expect } from 'chai'

function floats(...values: number[]) {
  return tensor('float32', new Float32Array(values))
}

function tensor(type: string, values: ArrayLike<unknown> & ArrayBufferView) {
  const data = new Uint8Array(values.buffer, values.byteOffset, values.byteLength)
  return { type: type as 'float32', dims: [1, values.length], data }
}

function softmax(...logits: number[]) {
  const powers = logits.map(Math.exp)
  const sum = powers.reduce((a, b) => a + b)
  return floats(...powers.map(power => power / sum))
}

describe('deviation', () => {
  it('is nothing for the same numbers, NaN and infinity among them', () => {
    const output = floats(1, Number.NaN, Number.POSITIVE_INFINITY)
    const same = deviation(output, output, undefined)
    expect(same).to.deep.equal({ maxAbs: 0, maxRel: 0, sameTop: true })
  })

  it('is measured by the largest magnitude of the output, not by each element', () => {
    const { maxAbs, maxRel } = deviation(floats(0.5, -200), floats(0, -200), undefined)
    expect([maxAbs, maxRel]).to.deep.equal([0.5, 0.0025])
  })

  it('is infinite where the answer has a NaN, has another shape or type, or is missing', () => {
    const want = floats(1, 2)
    const others = [floats(1, Number.NaN), floats(1), tensor('int32', new Int32Array([1, 2]))]
    for (const got of [...others, undefined]) {
      expect(deviation(got, want, undefined).maxRel).to.equal(Number.POSITIVE_INFINITY)
    }
  })

  it('says whether the largest element stands in the same place', () => {
    expect(deviation(floats(1, 3, 2), floats(1, 2.9, 2), undefined).sameTop).to.equal(true)
    expect(deviation(floats(1, 3, 2), floats(1, 1.9, 2), undefined).sameTop).to.equal(false)
  })

  it('of probabilities is that of the logits, whatever constant the softmax forgot', () => {
    const { maxRel } = deviation(softmax(9.99, 0, -10), softmax(10, 0, -10), 3)
    expect(maxRel).to.be.closeTo(0.0067 / 10, 1e-4)
    const shifted = deviation(softmax(12, 2, -8), softmax(10, 0, -10), 3)
    expect(shifted.maxRel).to.be.lessThan(1e-6)
  })

  it('leaves out probabilities that have vanished', () => {
    expect(deviation(floats(1, 1e-38), floats(1, 3e-38), 2).maxRel).to.equal(0)
  })

  it('reads float16 as numbers, not as bytes', () => {
    const one = tensor('float16', new Uint16Array([0x3c00, 0xc000]))
    const nearlyOne = tensor('float16', new Uint16Array([0x3bff, 0xc000]))
    const { maxAbs, maxRel } = deviation(nearlyOne, one, undefined)
    expect([maxAbs, maxRel]).to.deep.equal([2 ** -11, 2 ** -12])
  })

  it('of indices is the share of those that differ', () => {
    const want = tensor('int64', new BigInt64Array([500n, 7n, 7n, 7n]))
    const got = tensor('int64', new BigInt64Array([501n, 7n, 7n, 7n]))
    expect(deviation(got, want, undefined)).to.include({ maxAbs: 1, maxRel: 0.25 })
  })
})
