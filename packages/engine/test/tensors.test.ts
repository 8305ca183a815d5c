import { createEngine, type Engine, EngineError, type EngineTensor } from '@cocoi/engine'
import {
  type ElementTypeName,
  makeModel,
  makeNode,
  makeValueInfo,
  serializeModel,
} from '@cocoi/onnx'
import { expect } from 'chai'
import { adder, counting, floats } from './small-models.ts'

function identity(type: ElementTypeName): Uint8Array {
  const model = makeModel({
    name: 'identity',
    nodes: [makeNode('Identity', ['x'], ['y'])],
    inputs: [makeValueInfo('x', type, ['n', 'm'])],
    outputs: [makeValueInfo('y', type, ['n', 'm'])],
  })
  return serializeModel(model)
}

describe('engine tensors', function () {
  this.timeout(60_000)
  let engine: Engine

  before(() => {
    engine = createEngine({ threads: 1 })
  })
  after(() => engine.close())

  const widths = {
    ...{ float32: 4, float64: 8, float16: 2, int8: 1, int16: 2, int32: 4, int64: 8 },
    ...{ uint8: 1, uint16: 2, uint32: 4, uint64: 8, bool: 1 },
  } as const
  for (const [type, width] of Object.entries(widths) as [keyof typeof widths, number][]) {
    it(`of ${type} come back byte by byte, also empty ones`, async () => {
      const session = await engine.load(identity(type))
      const bytes = Uint8Array.from({ length: 6 * width }, (_, i) =>
        type === 'bool' ? i % 2 : i + 1,
      )
      const { outputs } = await session.run({ x: { type, dims: [2, 3], data: bytes } })
      expect(outputs.y).to.deep.include({ type, dims: [2, 3] })
      expect([...outputs.y!.data]).to.deep.equal([...bytes])
      const empty = await session.run({ x: { type, dims: [0, 3], data: new Uint8Array() } })
      expect(empty.outputs.y!.dims).to.deep.equal([0, 3])
      expect(empty.outputs.y!.data).to.have.length(0)
    })
  }

  it('may be views at any offset of a larger buffer, which stays usable', async () => {
    const session = await engine.load(adder(1))
    const { data } = counting(3)
    for (let offset = 0; offset < 8; offset++) {
      const larger = new Uint8Array(offset + data.length + 5)
      larger.set(data, offset)
      const view = larger.subarray(offset, offset + data.length)
      const x = { type: 'float32', dims: [3], data: view } as const
      const { outputs } = await session.run({ x }, { transfer: true })
      expect(floats(outputs.y!)).to.deep.equal([1, 2, 3])
      expect([...view]).to.deep.equal([...data])
    }
  })

  it('are copied unless they may be transferred, and then moved', async () => {
    const session = await engine.load(adder(1))
    const [kept, moved] = [counting(3), counting(3)]
    await session.run({ x: kept })
    await session.run({ x: moved }, { transfer: true })
    expect(floats(kept)).to.deep.equal([0, 1, 2])
    expect(moved.data.byteLength).to.equal(0)
    const again = await session.run({ x: kept })
    expect(floats(again.outputs.y!)).to.deep.equal([1, 2, 3])
  })

  it('may be fed twice at once under two names', async () => {
    const model = makeModel({
      name: 'sum',
      nodes: [makeNode('Add', ['a', 'b'], ['y'])],
      inputs: [makeValueInfo('a', 'float32', [3]), makeValueInfo('b', 'float32', [3])],
      outputs: [makeValueInfo('y', 'float32', [3])],
    })
    const session = await engine.load(serializeModel(model))
    for (const transfer of [false, true]) {
      const x = counting(3)
      const other = { ...x, data: new Uint8Array(x.data.buffer) }
      const { outputs } = await session.run({ a: x, b: other }, { transfer })
      expect(floats(outputs.y!)).to.deep.equal([0, 2, 4])
    }
  })

  it('that are an input of the model and its output as well come back', async () => {
    const model = makeModel({
      name: 'through',
      nodes: [makeNode('Neg', ['x'], ['y'])],
      inputs: [makeValueInfo('x', 'float32', [2])],
      outputs: [makeValueInfo('y', 'float32', [2]), makeValueInfo('x', 'float32', [2])],
    })
    const session = await engine.load(serializeModel(model))
    const { outputs } = await session.run({ x: counting(2) }, { transfer: true })
    expect(floats(outputs.x!)).to.deep.equal([0, 1])
  })

  it('are returned only as far as they were asked for', async () => {
    const model = makeModel({
      name: 'two',
      nodes: [makeNode('Neg', ['x'], ['a']), makeNode('Abs', ['x'], ['b'])],
      inputs: [makeValueInfo('x', 'float32', ['n'])],
      outputs: [makeValueInfo('a', 'float32', ['n']), makeValueInfo('b', 'float32', ['n'])],
    })
    const session = await engine.load(serializeModel(model))
    const { outputs } = await session.run({ x: counting(2) }, { fetches: ['b'] })
    expect(Object.keys(outputs)).to.deep.equal(['b'])
    expect(await session.shapes({ x: counting(5) })).to.deep.equal({ a: [5], b: [5] })
  })

  it('whose bytes, dims and type do not agree are refused before they are sent', async () => {
    const session = await engine.load(adder(1))
    const bad: [tensor: object, message: string][] = [
      [{ type: 'float32', dims: [3], data: new Uint8Array(11) }, 'needs 12 bytes, got 11'],
      [{ type: 'float32', dims: [], data: new Uint8Array(3) }, 'needs 4 bytes, got 3'],
      [{ type: 'float32', dims: [-1, -3], data: new Uint8Array(12) }, 'no whole number'],
      [{ type: 'float32', dims: [1.5, 2], data: new Uint8Array(12) }, 'no whole number'],
      [{ type: 'float32', dims: [Number.NaN], data: new Uint8Array(12) }, 'no whole number'],
      [{ type: 'string', dims: [1], data: new Uint8Array(4) }, 'type string, unknown'],
      [{ type: 'constructor', dims: [1], data: new Uint8Array(4) }, 'type constructor, unknown'],
    ]
    for (const [x, message] of bad) {
      const error = await session.run({ x: x as EngineTensor }).catch(reason => reason)
      expect(error, message).to.be.instanceOf(EngineError)
      expect(error.code, message).to.equal('ERR_ENGINE_TENSOR')
      expect(error.message).to.include(`"x"`).and.include(message)
    }
  })
})
