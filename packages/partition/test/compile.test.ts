import type { Scheme } from '@cocoi/coding'
import { findLinearConvs } from '@cocoi/partition'
import { expect } from 'chai'
import { type Comparison, compareWithUncut } from './coded-run.ts'
import { type DagOptions, pick, randomDag, seeded } from './random-dag.ts'

const schemes: ((k: number) => Scheme)[] = [
  k => ({ type: 'mds', n: k + 2, k }),
  k => ({ type: 'mds', n: k + 1, k }),
  k => ({ type: 'uncoded', k }),
  k => ({ type: 'replication', k, r: 2 }),
  k => ({ type: 'vandermonde', n: k + 1, k }),
  k => ({ type: 'lt', n: k + 2, k, seed: k }),
]

/** A random model, cut, code, axis and loss. */
function coded(seed: number, transport: 'float16' | 'float32', options: DagOptions = {}) {
  const random = seeded(seed * 31 + 7)
  return compareWithUncut(randomDag(seed, options), {
    scheme: pick(random, transport === 'float16' ? schemes.slice(0, 4) : schemes),
    k: pick(random, [1, 2, 3, 4, 6]),
    axis: pick(random, ['rows', 'columns']),
    transport,
    seed,
  })
}

describe('compile', function () {
  this.timeout(120_000)

  it('gives the answer of the uncut model on random graphs, windows, cuts, codes and losses', async () => {
    const all: Comparison[] = []
    for (let seed = 0; seed < 100; seed++) {
      const found = await coded(seed, 'float32')
      expect(found.error, `seed ${seed}`).to.be.below(1e-4)
      all.push(found)
    }
    const stages = all.flatMap(found => found.stages)
    const convs = stages.flatMap(({ layout }) => layout.convs)
    const has = (what: string, count: number) => expect(count, what).to.be.above(5)
    has('stages of several convolutions', stages.filter(s => s.layout.convs.length > 1).length)
    has('stages of several inputs', stages.filter(s => s.layout.inputs.length > 1).length)
    has('remainders', stages.filter(s => s.split.rest.begin < s.split.rest.end).length)
    has(
      'overlaps',
      stages.filter(s => s.split.length * s.split.starts.length > s.split.extent).length,
    )
    has('cuts along columns', stages.filter(s => s.layout.axis === 'columns').length)
    has(
      'strides beyond the kernel',
      convs.filter(c => c.windows.rows.stride > c.windows.rows.kernel).length,
    )
    has('dilations', convs.filter(c => c.windows.columns.dilation > 1).length)
    const groups = convs.map(c => c.node.attribute.find(({ name }) => name === 'group')!.i)
    has('depthwise or grouped convolutions', groups.filter(group => group > 1n).length)
  })

  for (const opset of [7, 8, 9, 10, 11, 13, 18, 21]) {
    it(`writes Slice, Pad and Max as operator set ${opset} has them`, async () => {
      for (const transport of ['float16', 'float32'] as const) {
        for (let seed = 200; seed < 204; seed++) {
          const { error } = await coded(seed, transport, { opset })
          expect(error, `seed ${seed}`).to.be.below(transport === 'float16' ? 1e-2 : 1e-4)
        }
      }
    })
  }

  it('takes models that list their initializers as graph inputs', async () => {
    for (let seed = 300; seed < 306; seed++) {
      const { error } = await coded(seed, 'float32', { opset: 9, initializersAsInputs: true })
      expect(error, `seed ${seed}`).to.be.below(1e-4)
    }
  })

  it('stays within one per cent with float16 on the wire', async () => {
    for (let seed = 100; seed < 120; seed++) {
      const { error } = await coded(seed, 'float16')
      expect(error, `seed ${seed}`).to.be.below(1e-2)
    }
  })

  it('runs every node of the model once, in one of the segments', async () => {
    for (let seed = 400; seed < 410; seed++) {
      const { program, stages } = await coded(seed, 'float32')
      const segments = [...program.steps.flatMap(({ head, side }) => [head, side]), program.tail]
      const nodes = segments.flatMap(segment => segment?.model.graph?.node ?? [])
      const outputs = nodes.flatMap(node => node.output)
      expect(new Set(outputs).size, `seed ${seed}`).to.equal(outputs.length)
      const model = randomDag(seed)
      const distributed = new Set(findLinearConvs(model).convs.map(conv => conv.node.output[0]))
      for (const node of model.graph!.node) {
        if (!distributed.has(node.output[0])) expect(outputs).to.include(node.output[0])
      }
      expect(stages.flatMap(s => s.layout.convs).length).to.equal(distributed.size)
    }
  })
})
