import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createEngine, type Engine, EngineError } from '@cocoi/engine'
import {
  externalLocation,
  floatTensor,
  type ModelProto,
  makeModel,
  makeNode,
  makeValueInfo,
  parseModel,
  serializeModel,
  setExternal,
} from '@cocoi/onnx'
import { expect } from 'chai'
import { counting, floats } from './small-models.ts'

const weights = Float32Array.from({ length: 2048 }, (_, i) => i / 8)

/** `y = (x + w) · (2 + 3)`: one large weight, and two constants that can be folded. */
function model(weight = floatTensor('w', [2048], weights)): ModelProto {
  return makeModel({
    name: 'm',
    nodes: [
      makeNode('Add', ['x', 'w'], ['a']),
      makeNode('Add', ['two', 'three'], ['five']),
      makeNode('Mul', ['a', 'five'], ['y']),
    ],
    inputs: [makeValueInfo('x', 'float32', ['batch', 2048])],
    outputs: [makeValueInfo('y', 'float32', ['batch', 2048])],
    initializers: [
      weight,
      floatTensor('two', [], Float32Array.of(2)),
      floatTensor('three', [], Float32Array.of(3)),
    ],
  })
}

describe('engine with files', function () {
  this.timeout(60_000)
  let engine: Engine
  let folder: string

  beforeEach(() => {
    engine = createEngine({ threads: 1 })
    folder = mkdtempSync(join(tmpdir(), 'cocoi-engine-'))
  })
  afterEach(async () => {
    await engine.close()
    rmSync(folder, { recursive: true })
  })

  const codeOf = (promise: Promise<unknown>) =>
    promise.then(
      () => 'no error',
      error => (error instanceof EngineError ? error.code : String(error)),
    )

  /** The model with its large weight in a file of the folder. */
  function external(): Uint8Array {
    const at = { location: 'w.bin', offset: 16, length: weights.byteLength }
    const bytes = Buffer.concat([Buffer.alloc(16), Buffer.from(weights.buffer)])
    writeFileSync(join(folder, 'w.bin'), bytes)
    return serializeModel(model(setExternal(floatTensor('w', [2048], weights), at)))
  }

  it('folds constants and moves large weights to a file of their own', async () => {
    const bytes = serializeModel(model())
    const { graph, weightsFile } = await engine.normalise(bytes, { outputFolder: folder })
    expect(weightsFile).to.equal(join(folder, 'weights.bin'))
    const normal = parseModel(graph).graph!
    expect(normal.node.map(({ opType }) => opType).sort()).to.deep.equal(['Add', 'Mul'])
    const places = normal.initializer.map(externalLocation).filter(place => place !== undefined)
    expect(places.map(({ location, length }) => ({ location, length }))).to.deep.equal([
      { location: 'weights.bin', length: 8192 },
    ])
  })

  it('leaves symbolic dimensions as they are', async () => {
    const { graph } = await engine.normalise(serializeModel(model()), { outputFolder: folder })
    const session = await engine.load(graph, { weightsFolder: folder })
    expect(session.inputs[0]!.dims).to.deep.equal(['batch', 2048])
  })

  it('takes a model from a file or as bytes, with its weights beside it, to the same result', async () => {
    const bytes = external()
    writeFileSync(join(folder, 'm.onnx'), bytes)
    const sources = [bytes, { path: join(folder, 'm.onnx') }]
    for (const source of sources) {
      const target = mkdtempSync(join(folder, 'out-'))
      const options = { outputFolder: target, weightsFolder: folder }
      const { graph } = await engine.normalise(source, options)
      const session = await engine.load(graph, { weightsFolder: target })
      const { outputs } = await session.run({ x: counting(1, 2048) })
      expect(floats(outputs.y!).slice(0, 3)).to.deep.equal([0, 5.625, 11.25])
    }
  })

  it('loads external weights with and without a second copy of them', async () => {
    const bytes = external()
    for (const prepack of [true, false]) {
      for (const optimization of ['all', 'basic', 'disabled'] as const) {
        const options = { weightsFolder: folder, prepack, optimization }
        const session = await engine.load(bytes, options)
        const { outputs } = await session.run({ x: counting(1, 2048) })
        expect(floats(outputs.y!)[2047]).to.equal((2047 + 2047 / 8) * 5)
        await session.release()
      }
    }
  })

  it('names files and models that cannot be loaded', async () => {
    const bytes = external()
    rmSync(join(folder, 'w.bin'))
    expect(await codeOf(engine.load(bytes, { weightsFolder: folder }))).to.equal('ERR_ENGINE_LOAD')
    const options = { outputFolder: folder }
    const missing = { path: join(folder, 'none.onnx') }
    expect(await codeOf(engine.normalise(missing, options))).to.equal('ERR_ENGINE_LOAD')
    expect(await codeOf(engine.normalise(Buffer.from('GIF89a'), options))).to.equal(
      'ERR_ENGINE_LOAD',
    )
    const nowhere = { outputFolder: join(folder, 'none') }
    const good = serializeModel(model())
    expect(await codeOf(engine.normalise(good, nowhere))).to.equal('ERR_ENGINE_LOAD')
  })
})
