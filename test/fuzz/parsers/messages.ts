import {
  type Control,
  encodeBlobGet,
  encodeControl,
  encodeCoordinatorHealth,
  encodeDeviceHealth,
  encodeEvent,
  encodeInferenceRequest,
  encodeInferenceResult,
  encodeModelState,
  encodeStatus,
  type InferenceAnswer,
  type NamedTensor,
  ProtocolError,
  parseBlobGet,
  parseControl,
  parseCoordinatorHealth,
  parseDeviceHealth,
  parseEvent,
  parseInferenceRequest,
  parseInferenceResult,
  parseModelState,
  parseStatus,
} from '@cocoi/protocol'
import { damageValue } from '../damage-value.ts'
import type { FuzzedParser } from '../fuzzed-parser.ts'
import { pick, type Random } from '../random.ts'

type Encode = (message: never) => Uint8Array

interface MessageForm extends Pick<FuzzedParser, 'bytesPerByte'> {
  readonly name: string
  readonly parse: (payload: Uint8Array) => unknown
  /** Sound messages, and how each is encoded; the encoders take anything. */
  readonly sound: readonly (readonly [message: unknown, encode: Encode])[]
}

const errors = [ProtocolError]

function messageParser({ sound, ...form }: MessageForm): FuzzedParser {
  const seeds = sound.map(([message, encode]) => encode(message as never))
  const forge = (random: Random) => {
    const [message, encode] = pick(random, sound)
    return encode(damageValue(message, random) as never)
  }
  return { ...form, seeds, forge, errors }
}

const session = 1_767_225_600_000
const at = '2026-01-02T03:04:05.678Z'
const tensors: NamedTensor[] = [
  { name: 'x', type: 'float32', dims: [1, 3], data: new Uint8Array(12) },
  { name: '', type: 'bool', dims: [2], data: Uint8Array.of(0, 1) },
  { name: 'n', type: 'int64', dims: [], data: new Uint8Array(8) },
]
const parameters = { scheme: 'mds:6,4', deadlineMs: 500, priority: 3, format: 'json' } as const

const jsonRequest = {
  inputs: [
    { name: 'x', shape: [1, 2], datatype: 'FP32', data: [1, -2.5] },
    { name: 'y', shape: [3], datatype: 'UINT8', data: [0, 128, 255] },
    { name: 'z', shape: [1], datatype: 'INT64', data: [-7] },
    { name: 'b', shape: [2], datatype: 'BOOL', data: [true, 0] },
  ],
  parameters,
}
const encodeJson: Encode = encodeEvent

const answer: InferenceAnswer = {
  request: 'r1',
  model: 'm',
  version: '1',
  top: [{ index: 1, label: 'cat', score: 0.75 }],
  timing: { queueMs: 0, deployMs: 0, preprocessMs: 1, inferenceMs: 2, totalMs: 3 },
  plan: { kind: 'stages', scheme: 'mds:6,4', transport: 'float16', notes: ['n'] },
  devices: { used: ['pi1'], late: ['pi2'] },
  bytes: { out: 10, in: 20 },
  stages: [
    {
      ...{ id: 0, n: 3, k: 2, headMs: 1, waitMs: 2, decodeMs: 0.5, amplification: 1.5 },
      ...{ bytesOut: 100, bytesIn: 50, used: ['pi1'], late: [] },
    },
  ],
  outputs: tensors,
}
const failure = { request: 'r1', error: { code: 'ERR_DEADLINE', message: 'too late' } }

const plan: Control = {
  type: 'plan',
  plan: {
    id: 'p1',
    coordinator: 'main',
    model: 'a1'.repeat(32),
    transport: 'float16',
    stages: [
      { kind: 'linear', id: 0, outputs: ['y'], axis: 'rows', length: 3 },
      { kind: 'whole', id: 1 },
    ],
  },
}

/** Every message that is not a frame. */
export const messageParsers: readonly FuzzedParser[] = [
  messageParser({
    name: 'inference-request',
    parse: parseInferenceRequest,
    sound: [
      [jsonRequest, encodeJson],
      [{ image: Uint8Array.of(255, 216, 255), parameters }, encodeControl],
      [{ inputs: tensors, parameters }, encodeControl],
      [{ tensors, parameters }, encodeInferenceRequest],
    ],
  }),
  messageParser({
    name: 'inference-result',
    parse: parseInferenceResult,
    sound: [
      [answer, encodeControl],
      [failure, encodeControl],
      [failure, encodeJson],
      [JSON.parse(Buffer.from(encodeInferenceResult(answer, 'json')).toString()), encodeJson],
    ],
  }),
  messageParser({
    name: 'control',
    parse: parseControl,
    sound: [
      [plan, encodeControl],
      [{ type: 'cancel', inference: 'i', stage: 0, row: 0, attempt: 0 }, encodeControl],
      [{ type: 'release', plan: 'p1' }, encodeControl],
      [{ type: 'drain' }, encodeControl],
    ],
  }),
  messageParser({
    name: 'status',
    parse: parseStatus,
    sound: [
      [{ state: 'online', session, since: at, version: '0.1.0', reason: 'restart' }, encodeStatus],
    ],
  }),
  messageParser({
    name: 'device-health',
    parse: parseDeviceHealth,
    sound: [
      [
        {
          ...{ session, seq: 1, at, uptimeS: 3.5, load: 0.7, eventLoopLagMs: 0.5 },
          memory: { rssBytes: 1, freeBytes: 2 },
          queue: { waiting: 0, running: 1 },
          subtasks: { done: 9, failed: 0, cancelled: 1, expired: 0 },
          temperatureC: 48.5,
          throttled: ['under-voltage', 'throttled-past'],
          clock: { hz: 6e8, maxHz: 1.5e9 },
          wifi: { interface: 'wlan0', signalDbm: -55 },
          disk: { freeBytes: 3, totalBytes: 4 },
        },
        encodeDeviceHealth,
      ],
    ],
  }),
  messageParser({
    name: 'coordinator-health',
    parse: parseCoordinatorHealth,
    sound: [
      [
        {
          ...{ session, seq: 1, at, spare: -1, eventLoopLagMs: 0, dropped: 0 },
          devices: { online: 3, suspect: 0 },
          inferences: { running: 0, waiting: 0, done: 0, failed: 0, superseded: 0 },
        },
        encodeCoordinatorHealth,
      ],
    ],
  }),
  messageParser({
    name: 'event',
    parse: parseEvent,
    sound: [[{ type: 'device-joined', at, device: 'pi-1', n: 1, all: ['a', 'b'] }, encodeEvent]],
  }),
  messageParser({
    name: 'model-state',
    // Its summary may be any JSON: each value in it is tried as each kind that there is.
    bytesPerByte: 1024,
    parse: parseModelState,
    sound: [
      [
        { name: 'm', version: '1', state: 'ready', summary: { stages: [1, { a: null }] } },
        encodeModelState,
      ],
    ],
  }),
  messageParser({
    name: 'blob-get',
    parse: parseBlobGet,
    sound: [[{ offset: 0, length: 1024 }, encodeBlobGet]],
  }),
]
