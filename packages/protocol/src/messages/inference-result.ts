import { z } from 'zod'
import { decodeCbor, encodeCbor } from '../cbor.ts'
import { identifier } from '../identifier.ts'
import { decodeJson, encodeJson } from '../json.ts'
import { fromJsonTensor, type JsonTensor, jsonTensor, toJsonTensor } from '../json-tensor.ts'
import { bytes, dims, type NamedTensor, wireType } from '../tensor.ts'
import { requireSize, validate } from '../validate.ts'

/** Largest inference result, in bytes. */
export const MAX_RESULT_BYTES = 64 * 1024 * 1024

const ms = z.number().min(0)
const count = z.int().min(0)
const names = z.array(z.string()).max(4096)

/** Schema of one class of a classification, best first. */
const rankedClass = z.object({ index: count, label: z.string().optional(), score: z.number() })

/** Schema of what one stage took; used and late are devices. */
const stageTiming = z.object({
  id: count,
  n: count,
  k: count,
  headMs: ms,
  waitMs: ms,
  decodeMs: ms,
  /** Noise amplification A(S) of the survivors that were decoded, 1 when none had to be. */
  amplification: z.number(),
  bytesOut: count,
  bytesIn: count,
  used: names,
  late: names,
})

const answer = z.object({
  request: identifier.optional(),
  model: z.string(),
  version: z.string(),
  top: z.array(rankedClass).optional(),
  timing: z.object({
    queueMs: ms,
    /** Planning and distributing the model, where this request was the first to need it. */
    deployMs: ms,
    preprocessMs: ms,
    inferenceMs: ms,
    totalMs: ms,
  }),
  plan: z.object({
    kind: z.enum(['local', 'whole', 'stages']),
    scheme: z.string(),
    transport: z.string(),
    /** Why this plan, where it was the coordinator's choice. */
    why: z.string().optional(),
    notes: names,
  }),
  devices: z.object({ used: names, late: names }),
  bytes: z.object({ out: count, in: count }),
  stages: z.array(stageTiming).max(4096),
})

const failure = z.object({
  request: identifier.optional(),
  error: z.object({ code: z.string(), message: z.string() }),
})

const jsonOutput = jsonTensor.extend({
  datatype: z.string(),
  data: jsonTensor.shape.data.optional(),
})
const cborOutput = z.object({ name: z.string(), type: wireType, dims, data: bytes })

type Answer = z.infer<typeof answer>
export type RankedClass = z.infer<typeof rankedClass>

/** An answer with its outputs. */
export type InferenceAnswer = Answer & { outputs: NamedTensor[] }
/** Why there is no answer. */
export type InferenceFailure = z.infer<typeof failure>
export type InferenceResult = InferenceAnswer | InferenceFailure

/** The result as the request asked for it; JSON leaves out the data of very large outputs. */
export function encodeInferenceResult(
  result: InferenceResult,
  format: 'json' | 'cbor',
): Uint8Array {
  if ('error' in result) return format === 'json' ? encodeJson(result) : encodeCbor(result)
  if (format === 'cbor') return encodeCbor(result)
  const outputs: JsonTensor[] = result.outputs.map(toJsonTensor)
  return encodeJson({ ...result, outputs })
}

/**
 * Reads a result in either form, told apart by its first byte.
 *
 * @throws {ProtocolError} ERR_TOO_LARGE, ERR_BAD_MESSAGE
 */
export function parseInferenceResult(payload: Uint8Array): InferenceResult {
  const what = 'inference result'
  requireSize(what, payload, MAX_RESULT_BYTES)
  const json = payload[0] === 0x7b
  const raw = json ? decodeJson(what, payload) : decodeCbor(payload)
  if (typeof raw === 'object' && raw !== null && 'error' in raw) return validate(what, failure, raw)
  const head = validate(what, answer, raw)
  if (!json) return { ...head, ...validate(what, z.object({ outputs: z.array(cborOutput) }), raw) }
  const { outputs } = validate(what, z.object({ outputs: z.array(jsonOutput) }), raw)
  return { ...head, outputs: outputs.flatMap(fromJsonOutput) }
}

/** Outputs without data are left out: their absence is what the reader has to know. */
function fromJsonOutput(output: z.output<typeof jsonOutput>): NamedTensor[] {
  const whole = jsonTensor.safeParse(output)
  return whole.success ? [fromJsonTensor(whole.data)] : []
}
