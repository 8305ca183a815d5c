import { Decoder } from '@cocoi/coding'
import { floatTensor, makeModel, makeNode, makeValueInfo } from '@cocoi/onnx'
import { type PlanOptions, parseSchemeRequest, planModel } from '@cocoi/planner'
import { expect } from 'chai'

const weights = (name: string, dims: number[]) =>
  floatTensor(name, dims, new Float32Array(dims.reduce((a, b) => a * b, 1)))

/** A dense 3×3 layer of 14 rows, a depthwise one, one of 2 rows, one of 1 row, and a Gemm. */
const model = makeModel({
  name: 'net',
  nodes: [
    makeNode('Conv', ['x', 'w1'], ['dense'], { pads: [1, 1, 1, 1] }),
    makeNode('Conv', ['dense', 'w2'], ['depthwise'], { pads: [1, 1, 1, 1], group: 64 }),
    makeNode('Conv', ['depthwise', 'w1'], ['two'], { strides: [7, 7], pads: [1, 1, 0, 0] }),
    makeNode('Conv', ['two', 'w3'], ['one']),
    makeNode('Flatten', ['one'], ['flat']),
    makeNode('Gemm', ['flat', 'w4'], ['y']),
  ],
  inputs: [makeValueInfo('x', 'float32', [1, 64, 14, 14])],
  outputs: [makeValueInfo('y', 'float32', [1, 10])],
  valueInfo: [
    makeValueInfo('dense', 'float32', [1, 64, 14, 14]),
    makeValueInfo('depthwise', 'float32', [1, 64, 14, 14]),
    makeValueInfo('two', 'float32', [1, 64, 2, 2]),
    makeValueInfo('one', 'float32', [1, 64, 1, 1]),
    makeValueInfo('flat', 'float32', [1, 64]),
  ],
  initializers: [
    weights('w1', [64, 64, 3, 3]),
    weights('w2', [64, 1, 3, 3]),
    weights('w3', [64, 64, 2, 2]),
    weights('w4', [64, 10]),
  ],
})

function plan(scheme: string, options: Partial<PlanOptions> = {}) {
  return planModel(model, {
    scheme: parseSchemeRequest(scheme),
    devices: 6,
    axis: 'rows',
    transport: 'float16',
    minIntensity: 32,
    ...options,
  })
}

describe('planModel', () => {
  it('distributes the layers that are worth it and says why the others stay', () => {
    const { kind, stages, local, notes } = plan('mds:6,4', { minIntensity: 8 })
    expect(kind).to.equal('stages')
    expect(notes).to.deep.equal([])
    const distributed = stages.flatMap(({ layout }) => layout.convs.map(({ output }) => output))
    expect(distributed).to.deep.equal(['dense', 'two'])
    const reasons = new Map(local.map(({ output, reason }) => [output, reason]))
    expect([...reasons.keys()].sort()).to.deep.equal(['depthwise', 'one', 'y'])
    expect(reasons.get('y')).to.equal('Gemm is not split')
    expect(reasons.get('depthwise')).to.equal(
      '4.5 operations per byte on the wire, worth sending from 8',
    )
    expect(reasons.get('one')).to.equal('it has 1 of the rows to share')
  })

  it('cuts a layer of fewer rows than pieces into as many as it has', () => {
    const [dense, two] = plan('mds:6,4', { minIntensity: 8 }).stages
    expect(dense!.code.scheme).to.deep.equal({ type: 'mds', n: 6, k: 4 })
    expect(two!.split.starts).to.deep.equal([0, 1])
    expect(two!.code.scheme).to.deep.equal({ type: 'mds', n: 6, k: 2 })
    for (const scheme of ['uncoded', 'replication:2', 'vandermonde:6,4', 'lt:6,4']) {
      for (const { split, code } of plan(scheme, { minIntensity: 8 }).stages) {
        expect(code.k, scheme).to.equal(split.starts.length)
      }
    }
  })

  it('counts the bytes and operations of a subtask', () => {
    const [dense] = plan('mds:6,4').stages
    const { length } = dense!.split
    expect(length).to.equal(3)
    expect(dense!.subtaskBytes).to.deep.equal({ out: 64 * 5 * 14 * 2, in: 64 * 3 * 14 * 2 })
    expect(dense!.subtaskFlops).to.equal(2 * 64 * 64 * 9 * 14 * 3)
    const wide = plan('mds:6,4', { transport: 'float32', minIntensity: 0 }).stages[0]!
    expect(wide.subtaskBytes.out).to.equal(2 * dense!.subtaskBytes.out)
  })

  it('stays local when asked to, when nobody is here, and when nothing is worth it', () => {
    expect(plan('local')).to.include({ kind: 'local' })
    for (const devices of [0, 1]) {
      const alone = plan('mds:6,4', { devices })
      expect(alone.kind).to.equal('local')
      expect(alone.notes.join()).to.include(`${devices} here`)
    }
    const costly = plan('mds:6,4', { minIntensity: 1e9 })
    expect(costly.kind).to.equal('local')
    expect(costly.notes.join()).to.include('no layer can be shared with gain')
    expect(costly.local).to.have.length(5)
  })

  it('hands the whole model to one device, or keeps it when there is none', () => {
    expect(plan('whole', { devices: 1 }).kind).to.equal('whole')
    const alone = plan('whole', { devices: 0 })
    expect(alone.kind).to.equal('local')
    expect(alone.notes).to.have.length(1)
  })

  it('says so when fewer devices are here than the code wants', () => {
    expect(plan('mds:6,4', { devices: 3 }).notes.join()).to.include('using mds:3,2')
  })

  it('warns of a code that is too noisy for the transport', () => {
    expect(plan('mds:6,4', { maxAmplification: 30 }).notes).to.deep.equal([])
    const [note] = plan('vandermonde:6,4', { maxAmplification: 30 }).notes
    expect(note).to.include('vandermonde:6,4 amplifies rounding errors up to 3723 times')
  })

  it('draws LT rows that determine the pieces when all of them come back', () => {
    for (let devices = 2; devices <= 20; devices++) {
      const { code } = plan('lt', { devices }).stages[0]!
      const rows = Array.from({ length: code.n }, (_, i) => i)
      expect(new Decoder(code).decode(rows), `${devices} devices`).to.not.equal(undefined)
    }
  })
})
