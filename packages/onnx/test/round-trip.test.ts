import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire'
import {
  checkModel,
  extractModel,
  floatTensor,
  freezeInputs,
  makeModel,
  OnnxError,
  parseModel,
  serializeModel,
  tensorBytes,
} from '@cocoi/onnx'
import { expect } from 'chai'
import { sampleModel } from './sample-models.ts'

/** The bytes of a message with a text field in front that our schema does not know. */
function withField(number: number, text: string, message: Uint8Array): Uint8Array {
  const writer = new BinaryWriter().tag(number, WireType.LengthDelimited).string(text)
  return Buffer.concat([writer.finish(), message])
}

function submessage(number: number, message: Uint8Array): Uint8Array {
  return new BinaryWriter().tag(number, WireType.LengthDelimited).bytes(message).finish()
}

/** A model whose every level has a doc_string (ONNX field numbers), a field that is not ours. */
function documented(): Uint8Array {
  const node = withField(6, 'doc of node', new BinaryWriter().tag(4, 2).string('Neg').finish())
  const output = new BinaryWriter().tag(2, WireType.LengthDelimited).string('y').finish()
  const input = new BinaryWriter().tag(1, WireType.LengthDelimited).string('x').finish()
  const name = new BinaryWriter().tag(8, WireType.LengthDelimited).string('w').finish()
  const tensor = withField(12, 'doc of tensor', name)
  const info = new BinaryWriter().tag(1, WireType.LengthDelimited).string('y').finish()
  const graph = Buffer.concat([
    submessage(1, Buffer.concat([node, input, output])),
    submessage(5, tensor),
    submessage(12, withField(3, 'doc of value', info)),
  ])
  return withField(6, 'doc of model', submessage(7, withField(10, 'doc of graph', graph)))
}

const docs = ['model', 'graph', 'node', 'tensor', 'value']

function docsIn(bytes: Uint8Array): string[] {
  const text = Buffer.from(bytes).toString('latin1')
  return docs.filter(level => text.includes(`doc of ${level}`))
}

const shared = fileURLToPath(new URL('../../../../../shared/models/', import.meta.url))

describe('parseModel and serializeModel', () => {
  it('keep every field that is not ours, on every level', () => {
    const model = parseModel(documented())
    expect(docsIn(serializeModel(model))).to.deep.equal(docs)
    expect(docsIn(serializeModel(freezeInputs(model)))).to.deep.equal(docs)
  })

  it('keep them in the parts of an extracted model', () => {
    const { graph } = parseModel(documented())
    graph!.initializer[0]!.dataType = 1
    graph!.initializer.push({ ...graph!.initializer[0]!, name: 'x' })
    const whole = extractModel(
      { ...parseModel(documented()), graph },
      { inputs: [], outputs: ['y'] },
    )
    expect(docsIn(serializeModel(whole))).to.deep.equal(['model', 'node', 'tensor', 'value'])
  })

  it('give back the model that was written, with the same bytes each time', () => {
    const bytes = serializeModel(sampleModel())
    expect(serializeModel(parseModel(bytes))).to.deep.equal(bytes)
    expect(serializeModel(sampleModel())).to.deep.equal(bytes)
  })

  it('read tensors as views of the file', () => {
    const bytes = serializeModel(sampleModel())
    const tensor = parseModel(bytes).graph!.initializer[0]!
    expect(tensorBytes(tensor).buffer).to.equal(bytes.buffer)
  })

  it('read a model at any offset of a larger buffer', () => {
    const bytes = serializeModel(sampleModel())
    for (let offset = 0; offset < 4; offset++) {
      const larger = new Uint8Array(bytes.length + offset)
      larger.set(bytes, offset)
      expect(serializeModel(parseModel(larger.subarray(offset)))).to.deep.equal(bytes)
    }
  })

  it('lose nothing of models made by others', function () {
    if (!existsSync(shared)) {
      console.log(`      skipped: no models in ${shared}`)
      return this.skip()
    }
    for (const file of readdirSync(shared).filter(name => name.endsWith('.onnx'))) {
      const bytes = readFileSync(`${shared}${file}`)
      const model = parseModel(bytes)
      checkModel(model)
      const written = serializeModel(model)
      expect(parseModel(written), file).to.deep.equal(model)
      // Zeros that proto2 writers spell out may go.
      expect(written.length, file).to.be.within(bytes.length * 0.98, bytes.length)
    }
  })

  it('tell an empty, a foreign, a cut and a graphless file apart', () => {
    const bytes = serializeModel(sampleModel())
    const graphless = serializeModel({ ...sampleModel(), graph: undefined } as never)
    const text = new TextEncoder().encode('<!DOCTYPE html><title>404</title>')
    const jpeg = Uint8Array.of(0xff, 0xd8, 0xff, 0xe0, 0, 16, 0x4a, 0x46, 0x49, 0x46)
    const cases: [what: string, bytes: Uint8Array, code: string][] = [
      ['empty', new Uint8Array(), 'ERR_NOT_ONNX'],
      ['html', text, 'ERR_NOT_ONNX'],
      ['jpeg', jpeg, 'ERR_NOT_ONNX'],
      ['cut', bytes.subarray(0, bytes.length - 40), 'ERR_ONNX_TRUNCATED'],
      ['graphless', graphless, 'ERR_NOT_ONNX'],
    ]
    for (const [what, file, code] of cases) {
      expect(() => parseModel(file), what)
        .to.throw(OnnxError)
        .with.property('code', code)
    }
  })

  it('tell at every length that a model was cut short', () => {
    const bytes = serializeModel(sampleModel())
    const codes = new Set<string>()
    for (let length = 0; length < bytes.length; length++) {
      try {
        parseModel(bytes.subarray(0, length))
        codes.add('whole')
      } catch (error) {
        expect(error).to.be.instanceOf(OnnxError)
        codes.add((error as OnnxError).code)
      }
    }
    expect([...codes].sort()).to.deep.equal(['ERR_NOT_ONNX', 'ERR_ONNX_TRUNCATED', 'whole'])
  })

  it('refuse weights beyond the two gigabytes of a protobuf message', () => {
    const eightMillion = new Float32Array(8 * 2 ** 20)
    const initializers = Array.from({ length: 65 }, (_, i) =>
      floatTensor(`w${i}`, [eightMillion.length], eightMillion),
    )
    const model = makeModel({ name: 'big', nodes: [], inputs: [], outputs: [], initializers })
    expect(() => serializeModel(model))
      .to.throw(OnnxError, 'setExternal')
      .with.property('code', 'ERR_ONNX_TOO_LARGE')
  })
})
