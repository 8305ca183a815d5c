import {
  encodeInferenceRequest,
  encodeInferenceResult,
  type InferenceAnswer,
  type NamedTensor,
  ProtocolError,
  parseInferenceRequest,
  parseInferenceResult,
} from '@cocoi/protocol'
import { expect } from 'chai'

const text = (value: unknown) => new TextEncoder().encode(JSON.stringify(value))
const floats = (...values: number[]) => new Uint8Array(Float32Array.from(values).buffer)
const tensor: NamedTensor = { name: 'x', type: 'float32', dims: [1, 3], data: floats(1, -2, 0.5) }

function refusal(payload: Uint8Array): string {
  try {
    parseInferenceRequest(payload)
  } catch (error) {
    expect(error).to.be.instanceOf(ProtocolError)
    return (error as ProtocolError).message
  }
  throw new Error('the request was accepted')
}

describe('inference request', () => {
  it('takes what a camera sends as an image, whatever it is', () => {
    const jpeg = Uint8Array.of(0xff, 0xd8, 0xff, 0xe0)
    expect(parseInferenceRequest(jpeg)).to.deep.equal({ image: jpeg, parameters: {} })
  })

  it('carries tensors and parameters in CBOR', () => {
    const request = { tensors: [tensor], parameters: { scheme: 'mds:6,4', deadlineMs: 500 } }
    expect(parseInferenceRequest(encodeInferenceRequest(request))).to.deep.equal(request)
  })

  it('carries an image with parameters in CBOR', () => {
    const request = { image: Uint8Array.of(1, 2, 3), parameters: { format: 'cbor' as const } }
    expect(parseInferenceRequest(encodeInferenceRequest(request))).to.deep.equal(request)
  })

  it('reads tensors in the JSON of the Open Inference Protocol', () => {
    const inputs = [{ name: 'x', shape: [1, 3], datatype: 'FP32', data: [1, -2, 0.5] }]
    const { tensors } = parseInferenceRequest(text({ inputs })) as {
      tensors: readonly NamedTensor[]
    }
    expect(tensors).to.deep.equal([tensor])
  })

  it('names what is wrong', () => {
    expect(refusal(new Uint8Array())).to.contain('empty')
    expect(refusal(text({ inputs: [] }))).to.contain('inputs')
    const input = { name: 'x', shape: [2, 2], datatype: 'FP32', data: [1] }
    expect(refusal(text({ inputs: [input] }))).to.contain('has 4 elements, its data 1')
    const half = { name: 'n', shape: [1], datatype: 'INT64', data: [0.5] }
    expect(refusal(text({ inputs: [half] }))).to.contain('no INT64')
    const unknown = { inputs: [{ ...input, shape: [1] }], parameters: { scheem: 'mds' } }
    expect(refusal(text(unknown))).to.contain('scheem')
    const short = { tensors: [{ ...tensor, dims: [4] }], parameters: {} }
    expect(refusal(encodeInferenceRequest(short))).to.contain('has 16 bytes, its data 12')
  })
})

describe('a tensor in JSON', () => {
  const request = (datatype: string, ...data: unknown[]) =>
    text({ inputs: [{ name: 'x', shape: [data.length], datatype, data }] })

  it('never turns a number into another one that its type can hold', () => {
    const wrong: [datatype: string, element: unknown][] = [
      ['UINT8', 300],
      ['UINT8', -1],
      ['INT8', 128],
      ['INT16', -32_769],
      ['UINT32', 2 ** 32],
      ['INT32', 2 ** 31],
      ['UINT64', -1],
      ['INT64', 2 ** 53],
      ['INT64', -1e300],
      ['INT32', 0.5],
      ['FP32', 1e39],
      ['BOOL', 2],
    ]
    for (const [datatype, element] of wrong) {
      expect(refusal(request(datatype, 0, element)), datatype).to.match(
        /element 1 of tensor "x" is .*, no /,
      )
    }
  })

  it('holds the largest and smallest numbers of its type', () => {
    const ends: [datatype: string, data: unknown[], view: (buffer: ArrayBuffer) => unknown][] = [
      ['UINT8', [0, 255], buffer => [...new Uint8Array(buffer)]],
      ['INT8', [-128, 127], buffer => [...new Int8Array(buffer)]],
      ['UINT32', [0, 4_294_967_295], buffer => [...new Uint32Array(buffer)]],
      ['INT64', [-(2 ** 53) + 1, 2 ** 53 - 1], b => [...new BigInt64Array(b)].map(Number)],
      ['FP32', [-3.4028234663852886e38, 0.5], buffer => [...new Float32Array(buffer)]],
      ['FP64', [-Number.MAX_VALUE, 5e-324], buffer => [...new Float64Array(buffer)]],
    ]
    for (const [datatype, data, view] of ends) {
      const { tensors } = parseInferenceRequest(request(datatype, ...data)) as {
        tensors: readonly NamedTensor[]
      }
      expect(view(tensors[0]!.data.slice().buffer), datatype).to.deep.equal(data)
    }
  })

  it('holds no number that JSON reads as infinite, and nothing but numbers', () => {
    const payload = (element: string) =>
      new TextEncoder().encode(
        `{"inputs":[{"name":"x","shape":[1],"datatype":"FP64","data":[${element}]}]}`,
      )
    expect(refusal(payload('1e999'))).to.contain('is Infinity, no FP64')
    for (const element of ['null', '"1"', '[1]', '{}']) {
      expect(refusal(payload(element)), element).to.contain('must be a flat array of numbers')
    }
  })

  it('may be no text of countless tiny pieces', () => {
    const many = new TextEncoder().encode(`{"inputs":[${'[],'.repeat(70_000)}[]]}`)
    expect(refusal(many)).to.contain('70003 arrays and objects')
    const large = new Uint8Array(16 * 1024 * 1024 + 1).fill(0x20)
    large[0] = 0x7b
    expect(refusal(large)).to.contain('send CBOR')
  })

  it('does not bring its text into messages at length', () => {
    const keys = Object.fromEntries(Array.from({ length: 10_000 }, (_, i) => [`key${i}`, 1]))
    expect(refusal(text({ inputs: [], ...keys })).length).to.be.below(1000)
  })
})

describe('a tensor in CBOR', () => {
  it('of truth values holds 0 and 1 only', () => {
    const flag: NamedTensor = { name: 'b', type: 'bool', dims: [2], data: Uint8Array.of(1, 2) }
    const payload = encodeInferenceRequest({ tensors: [flag], parameters: {} })
    expect(refusal(payload)).to.contain('other than 0 and 1')
  })
})

describe('inference result', () => {
  const answer: InferenceAnswer = {
    request: 'r1',
    model: 'm',
    version: '1',
    top: [{ index: 1, label: 'cat', score: 0.75 }],
    timing: { queueMs: 0, deployMs: 0, preprocessMs: 1, inferenceMs: 2, totalMs: 3 },
    plan: { kind: 'stages', scheme: 'mds:6,4', transport: 'float16', notes: [] },
    devices: { used: ['pi1'], late: [] },
    bytes: { out: 10, in: 20 },
    stages: [],
    outputs: [tensor],
  }

  for (const format of ['json', 'cbor'] as const) {
    it(`reads back an answer in ${format}`, () => {
      expect(parseInferenceResult(encodeInferenceResult(answer, format))).to.deep.equal(answer)
    })

    it(`reads back a failure in ${format}`, () => {
      const failed = { error: { code: 'ERR_DEADLINE', message: 'too late' } }
      expect(parseInferenceResult(encodeInferenceResult(failed, format))).to.deep.equal(failed)
    })
  }

  it('leaves outputs out of JSON that JSON has no numbers for', () => {
    const wide = new Uint8Array(BigInt64Array.of(1n, 2n ** 53n).buffer)
    const outputs: NamedTensor[] = [
      { ...tensor, data: floats(1, Number.NaN, 0) },
      { ...tensor, name: 'y', data: floats(1, Number.NEGATIVE_INFINITY, 0) },
      { name: 'z', type: 'int64', dims: [2], data: wide },
    ]
    const payload = encodeInferenceResult({ ...answer, outputs }, 'json')
    expect(JSON.parse(new TextDecoder().decode(payload)).outputs).to.deep.equal([
      { name: 'x', shape: [1, 3], datatype: 'FP32' },
      { name: 'y', shape: [1, 3], datatype: 'FP32' },
      { name: 'z', shape: [2], datatype: 'INT64' },
    ])
    expect(parseInferenceResult(payload)).to.have.property('outputs').that.deep.equals([])
  })

  it('leaves very large outputs out of JSON, but says that they exist', () => {
    const count = 100_001
    const data = new Uint8Array(count * 4)
    const large = { ...answer, outputs: [{ ...tensor, dims: [count], data }] }
    const json = new TextDecoder().decode(encodeInferenceResult(large, 'json'))
    expect(JSON.parse(json).outputs).to.deep.equal([
      { name: 'x', shape: [count], datatype: 'FP32' },
    ])
  })
})
