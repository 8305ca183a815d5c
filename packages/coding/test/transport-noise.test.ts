import { type Code, createCode, Decoder, type Decoding, type Scheme } from '@cocoi/coding'
import { expect } from 'chai'
import { roundings, toFloat16 } from './rounding.ts'
import { randomSubset, seeded, subsets } from './survivor-sets.ts'

type Transport = keyof typeof roundings

/** Depth of the dot products: a 3×3 convolution of 64 channels. */
const depth = 576
const positions = 8
const filters = 16

/** Activations after a ReLU (half-normal) as k pieces of [positions, depth]; filters are normal. */
function layer(k: number, seed: number) {
  const random = seeded(seed)
  const normal = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())
  const pieces = Array.from({ length: k }, () =>
    Float64Array.from({ length: positions * depth }, () => Math.fround(Math.abs(normal()))),
  )
  const weights = Float64Array.from({ length: filters * depth }, () => Math.fround(normal() / 24))
  return { pieces, weights }
}

/** [positions, filters] of one input; `round` is applied at every step of the sum. */
function convolve(input: Float64Array, weights: Float64Array, round: (v: number) => number) {
  const output = new Float64Array(positions * filters)
  for (let i = 0; i < output.length; i++) {
    const [from, filter] = [Math.floor(i / filters) * depth, (i % filters) * depth]
    let sum = 0
    for (let d = 0; d < depth; d++) sum = round(sum + input[from + d]! * weights[filter + d]!)
    output[i] = sum
  }
  return output
}

/** What the devices return: the row's coded input and its result as they come over the wire. */
function overTheWire(code: Code, data: ReturnType<typeof layer>, transport: Transport) {
  const round = roundings[transport]
  return (row: number) => {
    const weights = code.row(row)
    const coded = data.pieces[0]!.map((_, i) =>
      round(data.pieces.reduce((sum, piece, j) => sum + weights[j]! * piece[i]!, 0)),
    )
    return convolve(coded, data.weights, Math.fround).map(round)
  }
}

/** Pieces as the coordinator recovers them: a float32 matrix product, cast to the wire type. */
function decodePieces(decoding: Decoding, results: readonly Float64Array[], transport: Transport) {
  const pieces = new Map<number, Float64Array>()
  for (const [piece, row] of decoding.direct) pieces.set(piece, results[row]!)
  for (const [i, piece] of decoding.missing.entries()) {
    const weights = decoding.matrix.row(i).map(Math.fround)
    const sums = results[0]!.map((_, at) =>
      decoding.used.reduce((s, row, j) => Math.fround(s + weights[j]! * results[row]![at]!), 0),
    )
    pieces.set(piece, sums.map(roundings[transport]))
  }
  return pieces
}

/** Root of the mean square of all values. */
function rms(arrays: readonly Float64Array[]): number {
  const squares = arrays.map(values => values.reduce((sum, value) => sum + value ** 2, 0))
  const count = arrays.reduce((sum, values) => sum + values.length, 0)
  return Math.sqrt(squares.reduce((a, b) => a + b, 0) / count)
}

/** A coded layer whose results are ready: relative RMS error and A(S) of any survivor set. */
function codedLayer(scheme: Scheme, transport: Transport, options?: { maxAmplification: number }) {
  const code = createCode(scheme)
  const data = layer(code.k, code.n * 100 + code.k)
  const exact = data.pieces.map(piece => convolve(piece, data.weights, value => value))
  const result = overTheWire(code, data, transport)
  const results = Array.from({ length: code.n }, (_, row) => result(row))
  const decoder = new Decoder(code, options)
  return (rows: readonly number[]) => {
    const decoding = decoder.decode(rows)
    if (!decoding) return undefined
    const pieces = decodePieces(decoding, results, transport)
    const errors = exact.map((values, j) => values.map((value, i) => value - pieces.get(j)![i]!))
    return { error: rms(errors) / rms(exact), amplification: decoding.amplification }
  }
}

function worstError(scheme: Scheme & { n: number }, transport: Transport): number {
  const judge = codedLayer(scheme, transport)
  return Math.max(...subsets(scheme.n, scheme.k).map(rows => judge(rows)!.error))
}

describe('float16 rounding of these tests', () => {
  it('follows IEEE 754: ties to even, subnormals, overflow to infinity', () => {
    const [tiny, ulp] = [2 ** -24, 2 ** -10]
    const cases: [number, number][] = [
      [1 + ulp / 2, 1],
      [1 + (3 * ulp) / 2, 1 + 2 * ulp],
      [1 + ulp / 2 + 2 ** -40, 1 + ulp],
      [65504, 65504],
      [65519.99, 65504],
      [65520, Number.POSITIVE_INFINITY],
      [-1e9, Number.NEGATIVE_INFINITY],
      [tiny / 2, 0],
      [tiny * 0.51, tiny],
      [tiny * 1.5, tiny * 2],
      [2 ** -14 - tiny / 4, 2 ** -14],
      [0.1, 0.0999755859375],
    ]
    for (const [value, want] of cases) expect(toFloat16(value), `${value}`).to.equal(want)
  })
})

describe('noise of the transport', function () {
  this.timeout(60_000)

  it('stays within 0.33 % of the output in float16 for n up to 10 and three spare rows', () => {
    for (let n = 2; n <= 10; n++) {
      for (let k = Math.max(1, n - 3); k <= n; k++) {
        const worst = worstError({ type: 'mds', n, k }, 'float16')
        expect(worst, `(${n},${k})`).to.be.below(3.3e-3)
      }
    }
  })

  it('matches the published worst cases in float16', () => {
    const table: [n: number, k: number, error: number][] = [
      [5, 4, 4.6e-4],
      [10, 8, 1.4e-3],
      [10, 7, 3.2e-3],
    ]
    for (const [n, k, error] of table) {
      const worst = worstError({ type: 'mds', n, k }, 'float16')
      expect(worst, `(${n},${k})`).to.be.within(error * 0.8, error * 1.1)
    }
  })

  it('stays within 1e-5 of the output in float32 for every (n, k) up to n = 10', () => {
    for (let n = 2; n <= 10; n++) {
      for (let k = 1; k <= n; k++) {
        const worst = worstError({ type: 'mds', n, k }, 'float32')
        expect(worst, `(${n},${k})`).to.be.below(1e-5)
      }
    }
  })

  it('is what the amplification A(S) of the survivors says, for every code and survivor set', () => {
    for (const transport of ['float16', 'float32'] as const) {
      for (const type of ['mds', 'vandermonde'] as const) {
        for (const [n, k] of [
          [3, 2],
          [4, 2],
          [5, 3],
          [6, 4],
          [8, 5],
          [10, 7],
        ] as const) {
          const judge = codedLayer({ type, n, k }, transport, { maxAmplification: 30 })
          const baseline = codedLayer(
            { type: 'uncoded', k },
            transport,
          )(Array.from({ length: k }, (_, i) => i))!.error
          for (const rows of subsets(n, k)) {
            const found = judge(rows)
            if (!found) continue
            const bound = 2 * found.amplification * baseline
            expect(found.error, `${transport} ${type} (${n},${k}) ${rows}`).to.be.below(bound)
          }
        }
      }
    }
  })

  it('does not grow with replication', () => {
    const judge = codedLayer({ type: 'replication', k: 3, r: 2 }, 'float16')
    for (const rows of subsets(6, 3)) {
      const found = judge(rows)
      if (found) expect(found.error).to.be.below(4e-4)
    }
  })

  it('is never decoded above the budget: beyond float16 Vandermonde is refused', () => {
    const judge = codedLayer({ type: 'vandermonde', n: 8, k: 7 }, 'float16', {
      maxAmplification: 30,
    })
    for (const rows of subsets(8, 7)) expect(judge(rows)).to.equal(undefined)
  })

  it('stays within the budget for random survivor sets up to n = 20', () => {
    const random = seeded(3)
    for (let n = 11; n <= 20; n++) {
      for (const k of [n - 1, n - 2, n - 3]) {
        const judge = codedLayer({ type: 'mds', n, k }, 'float16', { maxAmplification: 30 })
        for (let i = 0; i < 4; i++) {
          const found = judge(randomSubset(random, n, k))
          if (found) expect(found.error, `(${n},${k})`).to.be.below(1e-2)
        }
      }
    }
  })
})
