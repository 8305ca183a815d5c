import {
  checkModel,
  externalLocation,
  extractModel,
  freezeInputs,
  type ModelProto,
  OnnxError,
  parseModel,
  serializeModel,
  setExternal,
  tensorBytes,
  tensorShapes,
  tensorTypes,
  topologicalOrder,
} from '@cocoi/onnx'
import { expect } from 'chai'
import { sampleModel } from './sample-models.ts'

/** Small seeded generator (mulberry32), uniform in [0, 1). */
function seeded(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
}

function original(): Uint8Array {
  const model = sampleModel()
  const { initializer } = model.graph!
  const away = { ...initializer[0]!, name: 'away' }
  initializer.push(setExternal(away, { location: 'w.bin', offset: 8, length: 8 }))
  return serializeModel(model)
}

/** Flips, inserts, deletes, repeats or cuts, a few times. */
function mutate(bytes: Uint8Array, random: () => number): Uint8Array {
  let damaged = [...bytes]
  const place = () => Math.floor(random() * damaged.length)
  for (let edits = 1 + Math.floor(random() * 4); edits > 0; edits--) {
    const at = place()
    const kind = Math.floor(random() * 6)
    if (kind <= 1) damaged[at] = Math.floor(random() * 256)
    else if (kind === 2) damaged[at]! ^= 1 << Math.floor(random() * 8)
    else if (kind === 3) damaged.splice(at, 1 + Math.floor(random() * 8))
    else if (kind === 4) damaged.splice(at, 0, ...damaged.slice(place(), place() + 1))
    else if (random() < 0.2) damaged = damaged.slice(0, at)
  }
  return Uint8Array.from(damaged)
}

/** Everything that is done with a model somebody sent. */
const uses: Record<string, (model: ModelProto) => unknown> = {
  check: checkModel,
  shapes: tensorShapes,
  types: tensorTypes,
  order: model => topologicalOrder(model.graph!),
  freeze: freezeInputs,
  serialize: serializeModel,
  tensors: model => model.graph!.initializer.map(tensorBytes),
  external: model => model.graph!.initializer.map(externalLocation),
  extract: model =>
    extractModel(model, {
      inputs: model.graph!.input.map(({ name }) => name),
      outputs: model.graph!.output.map(({ name }) => name),
    }),
}

describe('damaged model bytes', () => {
  it('always give a value or an OnnxError', () => {
    const bytes = original()
    const random = seeded(11)
    const outcomes = new Map<string, number>()
    const note = (what: string) => outcomes.set(what, (outcomes.get(what) ?? 0) + 1)
    const attempt = <T>(what: string, action: () => T): T | undefined => {
      try {
        return action()
      } catch (error) {
        if (!(error instanceof OnnxError)) throw new Error(`${what}: ${error}`, { cause: error })
        expect(error.message, what).to.not.equal('')
        note(error.code)
        return undefined
      }
    }
    for (let i = 0; i < 10_000; i++) {
      const damaged = mutate(bytes, random)
      const model = attempt(`parse ${i}`, () => parseModel(damaged))
      if (!model) continue
      note('parsed')
      for (const [name, use] of Object.entries(uses)) attempt(`${name} ${i}`, () => use(model))
    }
    expect(outcomes.get('parsed')).to.be.above(1000)
    for (const code of ['ERR_NOT_ONNX', 'ERR_ONNX_TRUNCATED', 'ERR_ONNX_INVALID'] as const) {
      expect(outcomes.get(code), code).to.be.above(100)
    }
    for (const code of ['ERR_ONNX_TENSOR_SIZE', 'ERR_ONNX_EXTERNAL_DATA'] as const) {
      expect(outcomes.get(code), code).to.be.above(10)
    }
  })

  it('never keep the reader busy with nested graphs', () => {
    const field = (number: number, bytes: Uint8Array) => {
      const length: number[] = []
      for (let rest = bytes.length; ; rest >>>= 7) {
        length.push(rest < 128 ? rest : (rest & 127) | 128)
        if (rest < 128) break
      }
      return Buffer.concat([Buffer.of(number * 8 + 2, ...length), bytes])
    }
    let graph: Uint8Array = field(2, Buffer.from('innermost'))
    for (let depth = 0; depth < 5000; depth++) graph = field(1, field(5, field(6, graph)))
    expect(() => parseModel(field(7, graph)))
      .to.throw(OnnxError)
      .with.property('code', 'ERR_NOT_ONNX')
  })
})
