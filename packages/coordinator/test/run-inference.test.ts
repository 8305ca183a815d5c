import { buildExecutable, runInference, type StageRunner } from '@cocoi/coordinator'
import { createEngine, type Engine, type EngineTensor } from '@cocoi/engine'
import { floatTensor, makeModel, makeNode, makeValueInfo, serializeModel } from '@cocoi/onnx'
import { parseSchemeRequest, planModel } from '@cocoi/planner'
import { expect } from 'chai'

const wave = (count: number, step: number) =>
  Float32Array.from({ length: count }, (_, i) => Math.sin(i * step))

const model = makeModel({
  name: 'two-convs',
  nodes: [
    makeNode('Conv', ['x', 'w1', 'b1'], ['a'], { kernel_shape: [3, 3], pads: [1, 1, 1, 1] }),
    makeNode('Relu', ['a'], ['r']),
    makeNode('Conv', ['r', 'w2'], ['y'], { kernel_shape: [3, 3], strides: [2, 2] }),
  ],
  inputs: [makeValueInfo('x', 'float32', [1, 8, 29, 29])],
  outputs: [makeValueInfo('y', 'float32', [1, 8, 14, 14])],
  valueInfo: [
    makeValueInfo('a', 'float32', [1, 8, 29, 29]),
    makeValueInfo('r', 'float32', [1, 8, 29, 29]),
  ],
  initializers: [
    floatTensor('w1', [8, 8, 3, 3], wave(576, 0.7)),
    floatTensor('b1', [8], wave(8, 0.3)),
    floatTensor('w2', [8, 8, 3, 3], wave(576, 0.9)),
  ],
})
/** A chain of convolutions with a ReLU after each; activations keep their size. */
function deepModel(layers: number) {
  const names = Array.from({ length: layers }, (_, i) => (i === layers - 1 ? 'y' : `r${i}`))
  const conv = { kernel_shape: [3, 3], pads: [1, 1, 1, 1] }
  return makeModel({
    name: 'deep',
    nodes: names.flatMap((name, i) => [
      makeNode('Conv', [i === 0 ? 'x' : names[i - 1]!, `w${i}`], [`c${i}`], conv),
      makeNode('Relu', [`c${i}`], [name]),
    ]),
    inputs: [makeValueInfo('x', 'float32', [1, 8, 29, 29])],
    outputs: [makeValueInfo('y', 'float32', [1, 8, 29, 29])],
    valueInfo: names.flatMap((name, i) =>
      [`c${i}`, ...(name === 'y' ? [] : [name])].map(tensor =>
        makeValueInfo(tensor, 'float32', [1, 8, 29, 29]),
      ),
    ),
    initializers: names.map((_, i) =>
      floatTensor(
        `w${i}`,
        [8, 8, 3, 3],
        wave(576, 0.7 + i / 13).map(value => value / 4),
      ),
    ),
  })
}

const input: EngineTensor = {
  type: 'float32',
  dims: [1, 8, 29, 29],
  data: new Uint8Array(wave(8 * 29 * 29, 0.11).buffer),
}

/** Computes the rows in `alive` in the coordinator's own engine, as devices would. */
function devices(alive: readonly number[]): StageRunner {
  return async (step, rows) => {
    const session = await step.compute()
    const results = new Map<number, EngineTensor[]>()
    for (const row of alive) {
      const tensors = rows.tensors(row)
      const feeds = Object.fromEntries(session.inputs.map(({ name }, i) => [name, tensors[i]!]))
      const { outputs } = await session.run(feeds)
      results.set(
        row,
        step.step.outputs.map(({ name }) => outputs[name]!),
      )
      if (step.decoder.decode([...results.keys()])) break
    }
    return { results, used: [], late: [], bytesOut: 0, bytesIn: 0 }
  }
}

const floats = ({ data }: EngineTensor) => new Float32Array(data.slice().buffer)

describe('runInference', function () {
  this.timeout(60_000)
  let engine: Engine
  let want: Float32Array

  before(async () => {
    engine = createEngine({ threads: 1 })
    const session = await engine.load(serializeModel(model))
    want = floats((await session.run({ x: input })).outputs.y!)
  })
  after(() => engine.close())

  async function relativeError(scheme: string, alive: number[], transport: 'float16' | 'float32') {
    const request = parseSchemeRequest(scheme)
    const options = {
      scheme: request,
      devices: 6,
      axis: 'rows',
      transport,
      minIntensity: 1,
    } as const
    const plan = planModel(model, options)
    expect(plan.stages).to.have.length(scheme === 'local' || scheme === 'whole' ? 0 : 2)
    const executable = await buildExecutable(model, plan, { engine, weightsFolder: '.' })
    const context = { runStage: devices(alive), now: () => performance.now() }
    const io = { inputs: { x: input }, outputs: ['y'] }
    const got = floats((await runInference(executable, io, context)).outputs.y!)
    await executable.release()
    const scale = Math.max(...want.map(Math.abs))
    return Math.max(...want.map((value, i) => Math.abs(value - got[i]!))) / scale
  }

  for (const scheme of ['local', 'whole', 'uncoded', 'replication:2', 'mds:6,4']) {
    it(`${scheme} gives the answer of the uncut model`, async () => {
      expect(await relativeError(scheme, [0, 1, 2, 3, 4, 5], 'float32')).to.be.below(1e-4)
      expect(await relativeError(scheme, [0, 1, 2, 3, 4, 5], 'float16')).to.be.below(1e-2)
    })
  }

  it('mds:6,4 gives it without any two of the six rows', async () => {
    for (let a = 0; a < 6; a++) {
      for (let b = a + 1; b < 6; b++) {
        const alive = [0, 1, 2, 3, 4, 5].filter(row => row !== a && row !== b)
        expect(await relativeError('mds:6,4', alive, 'float32'), `${alive}`).to.be.below(1e-4)
      }
    }
  })

  it('replication:2 gives it without the first copies', async () => {
    expect(await relativeError('replication:2', [3, 4, 5], 'float32')).to.be.below(1e-4)
  })

  it('vandermonde stays within the bound of float32 over many layers, whatever comes first', async () => {
    const deep = deepModel(14)
    const session = await engine.load(serializeModel(deep))
    const wanted = floats((await session.run({ x: input })).outputs.y!)
    await session.release()
    const scheme = parseSchemeRequest('vandermonde:6,4')
    const options = { scheme, devices: 6, axis: 'rows', transport: 'float32' } as const
    const plan = planModel(deep, { ...options, minIntensity: 1 })
    const executable = await buildExecutable(deep, plan, { engine, weightsFolder: '.' })
    for (const order of ['0,1,2,3,4,5', '5,4,3,2,1,0', '2,3,4,5,0,1', '1,3,5,0,2,4']) {
      const runStage = devices([...order.split(',').map(Number), 6, 7, 8, 9])
      const context = { runStage, now: () => performance.now() }
      const io = { inputs: { x: input }, outputs: ['y'] }
      const got = floats((await runInference(executable, io, context)).outputs.y!)
      const scale = Math.max(...wanted.map(Math.abs))
      const error = Math.max(...wanted.map((value, i) => Math.abs(value - got[i]!))) / scale
      expect(error, order).to.be.below(1e-4)
    }
    await executable.release()
  })
})
