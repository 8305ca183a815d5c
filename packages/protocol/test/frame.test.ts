import {
  DEFAULT_FRAME_LIMITS,
  decodeFrame,
  encodeFrame,
  type Frame,
  type FrameHeader,
  ProtocolError,
  WIRE_TYPES,
  type WireType,
} from '@cocoi/protocol'
import { expect } from 'chai'
import { mutate, pick, randomBytes, seeded } from './seeded.ts'

const attempt = { plan: 'p1', inference: 'i1', stage: 2, row: 5, attempt: 0 }
const headers: FrameHeader[] = [
  { type: 'subtask', ...attempt, timeoutMs: 1000 },
  { type: 'result', ...attempt, computeMs: 12.5, queueMs: 0, peak: 3 },
  { type: 'result', ...attempt, computeMs: 12.5, queueMs: 0 },
  { type: 'failure', ...attempt, code: 'ERR_X', message: 'it broke' },
  { type: 'ready', plan: 'p1', session: 1_700_000_000_000 },
  { type: 'refused', plan: 'p1', session: 7, code: 'ERR_X', message: '' },
  { type: 'chunk', offset: 2 ** 40, total: 2 ** 41 },
  { type: 'missing', message: 'no such blob' },
]
const header = headers[0]!
const data = Uint8Array.from({ length: 24 }, (_, i) => i)
const frame = encodeFrame(header, [{ type: 'float32', dims: [2, 3], data }])

function outcome(bytes: Uint8Array, limits = DEFAULT_FRAME_LIMITS): Frame | ProtocolError {
  try {
    return decodeFrame(bytes, limits)
  } catch (error) {
    if (error instanceof ProtocolError) return error
    throw error
  }
}

const codeOf = (bytes: Uint8Array, limits = DEFAULT_FRAME_LIMITS) => {
  const found = outcome(bytes, limits)
  return found instanceof ProtocolError ? found.code : 'none'
}

/** Rewrites the length of the header. */
function withHeaderLength(bytes: Uint8Array, length: number): Uint8Array {
  const changed = bytes.slice()
  new DataView(changed.buffer).setUint32(0, length, true)
  return changed
}

describe('frame', () => {
  it('returns every header and tensors of every type as they were', () => {
    const random = seeded(1)
    for (const header of headers) {
      const tensors = Object.entries(WIRE_TYPES).map(([type, width]) => {
        const dims = pick(random, [[], [3], [2, 0, 5], [1, 2, 3, 1]])
        const count = dims.reduce((product, extent) => product * extent, 1)
        return { type: type as WireType, dims, data: randomBytes(random, count * width) }
      })
      const decoded = decodeFrame(encodeFrame(header, tensors))
      expect(decoded.header).to.deep.equal(header)
      expect(decoded.tensors).to.deep.equal(tensors)
    }
  })

  it('hands tensors out as aligned views without copying them', () => {
    const [tensor] = decodeFrame(frame).tensors
    expect(tensor!.data.buffer).to.equal(frame.buffer)
    expect(tensor!.data.byteOffset % 8).to.equal(0)
  })

  it('reads a frame at any offset of a larger buffer', () => {
    for (let offset = 0; offset < 9; offset++) {
      const buffer = new Uint8Array(frame.length + offset + 3)
      buffer.set(frame, offset)
      const view = buffer.subarray(offset, offset + frame.length)
      const [tensor] = decodeFrame(view).tensors
      expect([...tensor!.data]).to.deep.equal([...data])
      expect(tensor!.data.byteOffset % 8).to.equal(0)
    }
  })

  it('refuses to send a tensor that does not fill its shape', () => {
    for (const dims of [[2, 2], [7], []]) {
      expect(() => encodeFrame(header, [{ type: 'float32', dims, data }])).to.throw(ProtocolError)
    }
  })

  it('refuses lengths and shapes that lie', () => {
    const lies = [
      new Uint8Array(),
      new Uint8Array(3),
      withHeaderLength(frame, 0),
      withHeaderLength(frame, frame.length),
      withHeaderLength(frame, 0xffffffff),
      frame.subarray(0, frame.length - 8),
      Uint8Array.from([...frame, ...new Uint8Array(8)]),
    ]
    for (const [i, lie] of lies.entries()) expect(codeOf(lie), `${i}`).to.equal('ERR_BAD_MESSAGE')
  })

  it('keeps to its limits before anything is decoded', () => {
    const limits = DEFAULT_FRAME_LIMITS
    const small = { ...limits, maxFrameBytes: frame.length - 1 }
    expect(codeOf(frame, small)).to.equal('ERR_TOO_LARGE')
    expect(codeOf(frame, { ...limits, maxHeaderBytes: 8 })).to.equal('ERR_BAD_MESSAGE')
    const many = encodeFrame(
      header,
      new Array(65).fill({ type: 'int8', dims: [0], data: data.slice(24) }),
    )
    expect(codeOf(many)).to.equal('ERR_BAD_MESSAGE')
    expect(codeOf(many, { ...limits, maxTensors: 65 })).to.equal('none')
  })

  it('answers every damaged frame with a value that fits its bytes or a ProtocolError', () => {
    const random = seeded(2)
    const frames = headers.map(header =>
      encodeFrame(header, [
        { type: 'float32', dims: [2, 3], data },
        { type: 'uint8', dims: [24], data },
      ]),
    )
    const counts = { value: 0, refused: 0 }
    for (let i = 0; i < 20_000; i++) {
      const damaged = mutate(pick(random, frames), random)
      const found = outcome(damaged)
      if (found instanceof ProtocolError) {
        counts.refused++
        continue
      }
      counts.value++
      for (const { type, dims, data } of found.tensors) {
        const bytes = dims.reduce((product, extent) => product * extent, WIRE_TYPES[type])
        expect(data.length).to.equal(bytes)
      }
    }
    expect(counts.refused).to.be.above(5000)
    expect(counts.value).to.be.above(500)
    expect(decodeFrame(frame).header, 'the decoder keeps no scar').to.deep.equal(header)
  })

  it('answers noise with a ProtocolError', () => {
    const random = seeded(3)
    for (let i = 0; i < 10_000; i++) {
      const noise = randomBytes(random, Math.floor(random() * 200))
      expect(codeOf(noise)).to.not.equal('none')
      if (noise.length < 8) continue
      expect(codeOf(withHeaderLength(noise, noise.length - 4))).to.not.equal('none')
    }
  })

  it('does not let deep nesting or long arrays of a header hurt', () => {
    const hostile = (cbor: Uint8Array) => {
      const bytes = new Uint8Array(4 + Math.ceil((cbor.length + 4) / 8) * 8)
      bytes.set(cbor, 4)
      return withHeaderLength(bytes, cbor.length)
    }
    const nested = new Uint8Array(60_000).fill(0x81)
    const wide = Uint8Array.of(0x9a, 0x7f, 0xff, 0xff, 0xff, 1, 2, 3)
    const text = Uint8Array.of(0x7a, 0x7f, 0xff, 0xff, 0xff, 1, 2, 3)
    const map = Uint8Array.of(0xba, 0x7f, 0xff, 0xff, 0xff, 1, 2, 3)
    for (const cbor of [nested, wide, text, map]) {
      expect(codeOf(hostile(cbor))).to.equal('ERR_BAD_MESSAGE')
    }
    expect(decodeFrame(frame).header).to.deep.equal(header)
  })
})
