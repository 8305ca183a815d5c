import {
  decodeFrame,
  encodeControl,
  encodeFrame,
  type FrameHeader,
  ProtocolError,
  Reassembler,
  splitPayload,
  type WireTensor,
} from '@cocoi/protocol'
import { damageValue } from '../damage-value.ts'
import type { FuzzedParser } from '../fuzzed-parser.ts'
import { hostileNumbers } from '../hostile.ts'
import { below, pick, type Random, randomBytes } from '../random.ts'

const attempt = { inference: 'i1', stage: 2, row: 3, attempt: 0 }
const plan = 'p1'
const headers: FrameHeader[] = [
  { type: 'subtask', ...attempt, plan, timeoutMs: 500 },
  { type: 'result', ...attempt, plan, computeMs: 1.5, queueMs: 0, peak: 2 },
  { type: 'failure', ...attempt, plan, code: 'ERR_X', message: 'why' },
  { type: 'ready', plan, session: 5 },
  { type: 'refused', plan, session: 5, code: 'ERR_X', message: 'why' },
  { type: 'chunk', offset: 0, total: 24 },
  { type: 'missing', message: 'gone' },
]
const tensors: WireTensor[] = [
  { type: 'float16', dims: [1, 3, 2], data: new Uint8Array(12) },
  { type: 'uint8', dims: [5], data: new Uint8Array(5) },
]

/** A frame around any header, whatever it says; the bytes of the tensors follow. */
function frameAround(header: unknown, data: Uint8Array): Uint8Array {
  const cbor = encodeControl(header as never)
  const start = Math.ceil((4 + cbor.length) / 8) * 8
  const frame = new Uint8Array(start + data.length)
  new DataView(frame.buffer).setUint32(0, cbor.length, true)
  frame.set(cbor, 4)
  frame.set(data, start)
  return frame
}

function forgedFrame(random: Random): Uint8Array {
  const described = tensors.map(({ type, dims }) => ({ type, dims: [...dims] }))
  const header = { ...pick(random, headers), tensors: described }
  const data = new Uint8Array(pick(random, [24, 24, 24, 0, 8, 16, 32]))
  return frameAround(damageValue(header, random), data)
}

const frames: FuzzedParser = {
  name: 'frame',
  errors: [ProtocolError],
  seeds: headers.flatMap(header => [encodeFrame(header, []), encodeFrame(header, tensors)]),
  forge: forgedFrame,
  parse: payload => decodeFrame(payload),
}

const limits = {
  maxMessageBytes: 100_000,
  maxSenderBytes: 200_000,
  maxSenderMessages: 8,
  maxSenders: 16,
  maxBytes: 500_000,
  patienceMs: 1000,
}
const reassembler = new Reassembler(limits)
let now = 0

/** Part of one of few messages, so that parts meet others they fit or contradict. */
function forgedPart(random: Random): Uint8Array {
  const share = randomBytes(random, below(random, 64))
  const part = new Uint8Array(32 + share.length)
  const view = new DataView(part.buffer)
  const number = () => (random() < 0.8 ? below(random, 4) : pick(random, hostileNumbers))
  part.set([0x43, 0x4f, 0x43, 0x4f, 0x49, 0x50, 0x00, 0x01])
  view.setBigUint64(8, BigInt(below(random, 8)), true)
  view.setUint32(16, number(), true)
  view.setUint32(20, random() < 0.8 ? 1 + below(random, 3) : number(), true)
  view.setUint32(24, random() < 0.8 ? share.length * (1 + below(random, 3)) : number(), true)
  part.set(share, 32)
  return part
}

const parts: FuzzedParser = {
  name: 'part',
  errors: [ProtocolError],
  seeds: [
    ...splitPayload(new Uint8Array(100), { maxPayloadBytes: 72, id: 7n }),
    ...splitPayload(new Uint8Array(5000), { maxPayloadBytes: 1000, id: 8n }),
  ],
  forge: forgedPart,
  parse: (payload, random) => {
    now += below(random, 20)
    const message = reassembler.accept(`topic ${below(random, 24)}`, payload, now)
    if (reassembler.pendingBytes > limits.maxBytes + limits.maxMessageBytes) {
      throw new RangeError(`${reassembler.pendingBytes} bytes are kept for incomplete messages`)
    }
    return message
  },
}

export const frameParsers: readonly FuzzedParser[] = [frames, parts]
