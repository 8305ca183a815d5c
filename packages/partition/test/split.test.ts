import {
  inputInterval,
  outputExtent,
  PartitionError,
  splitExtent,
  type Window,
} from '@cocoi/partition'
import { expect } from 'chai'

const range = (length: number) => Array.from({ length }, (_, i) => i)

describe('splitExtent', () => {
  it('covers every row, in equal pieces and a remainder, whatever the numbers', () => {
    for (let extent = 1; extent <= 70; extent++) {
      for (let k = 1; k <= 20; k++) {
        const { starts, length, rest } = splitExtent(extent, k)
        const what = `${extent} rows in ${k} pieces`
        const pieces = starts.flatMap(start => range(length).map(i => start + i))
        const covered = new Set([
          ...pieces,
          ...range(rest.end - rest.begin).map(i => rest.begin + i),
        ])
        expect(
          [...covered].sort((a, b) => a - b),
          what,
        ).to.deep.equal(range(extent))
        expect(starts.length, what).to.be.within(1, Math.min(k, extent))
        expect(starts, what).to.deep.equal([...starts].sort((a, b) => a - b))
      }
    }
  })

  it('gives nobody more rows than an even share, and the coordinator no more than a device', () => {
    for (let extent = 1; extent <= 70; extent++) {
      for (let k = 1; k <= 20; k++) {
        const { length, rest } = splitExtent(extent, k)
        expect(length, `${extent}/${k}`).to.be.at.most(Math.ceil(extent / k))
        expect(rest.end - rest.begin, `${extent}/${k}`).to.be.at.most(length)
      }
    }
  })

  it('uses no more pieces than are needed at that length', () => {
    for (let extent = 1; extent <= 70; extent++) {
      for (let k = 1; k <= 20; k++) {
        const { starts, length, rest } = splitExtent(extent, k)
        const shared = extent - (rest.end - rest.begin)
        expect((starts.length - 1) * length, `${extent}/${k}`).to.be.below(shared)
      }
    }
  })

  it('refuses numbers that cannot be cut', () => {
    for (const [extent, k] of [
      [0, 2],
      [4, 0],
      [4, 1.5],
      [4, Number.NaN],
      [Number.NaN, 2],
    ] as const) {
      expect(() => splitExtent(extent, k), `${extent}/${k}`)
        .to.throw(PartitionError)
        .with.property('code', 'ERR_BAD_SPLIT')
    }
  })
})

describe('row arithmetic', () => {
  it('reads for an interval of outputs exactly what its positions read one by one', () => {
    for (const kernel of [1, 2, 3, 5]) {
      for (const stride of [1, 2, 3, 7]) {
        for (const dilation of [1, 2, 3]) {
          for (const [padBegin, padEnd] of [
            [0, 0],
            [1, 1],
            [0, 3],
            [4, 0],
          ] as const) {
            const window: Window = { kernel, stride, dilation, padBegin, padEnd }
            const outputs = outputExtent(23, window)
            const reads = (output: number) =>
              range(kernel).map(i => output * stride - padBegin + i * dilation)
            for (let begin = 0; begin < outputs; begin++) {
              for (let end = begin + 1; end <= outputs; end++) {
                const read = range(end - begin).flatMap(i => reads(begin + i))
                const hull = { begin: Math.min(...read), end: Math.max(...read) + 1 }
                expect(inputInterval({ begin, end }, window)).to.deep.equal(hull)
              }
            }
            expect(Math.max(...reads(outputs - 1))).to.be.below(23 + padEnd)
            expect(Math.max(...reads(outputs))).to.be.at.least(23 + padEnd)
          }
        }
      }
    }
  })
})
