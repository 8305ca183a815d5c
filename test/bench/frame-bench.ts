import { decodeFrame, encodeFrame } from '@cocoi/protocol'
import { type Bench, inTurns } from './measure.ts'

const bytes = 2_000_000
/** So many at a time take long enough to be timed. */
const times = 50

/** Frames of 2 MB in terms of copying as many bytes. */
export async function frameBench(): Promise<Bench> {
  const dims = [1, bytes / 2]
  const tensor = { type: 'float16', dims, data: new Uint8Array(bytes).fill(7) } as const
  const ids = { inference: 'bench', stage: 0, row: 0, attempt: 1 }
  const header = { type: 'subtask', plan: 'bench', ...ids, timeoutMs: 1000 } as const
  const frame = encodeFrame(header, [tensor])
  const repeat = (act: () => unknown) => async () => {
    for (let i = 0; i < times; i++) act()
  }
  const copy = repeat(() => tensor.data.slice())
  const encode = repeat(() => encodeFrame(header, [tensor]))
  const decode = repeat(() => decodeFrame(frame))
  return {
    rounds: 25,
    ratios: {
      'frame, encoding': 'a 2 MB tensor into a frame, over copying 2 MB',
      'frame, decoding': 'a 2 MB tensor out of a frame, over copying 2 MB',
    },
    round: async index => ({
      'frame, encoding': await inTurns(index, encode, copy),
      'frame, decoding': await inTurns(index, decode, copy),
    }),
    close: () => Promise.resolve(),
  }
}
