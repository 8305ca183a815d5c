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
