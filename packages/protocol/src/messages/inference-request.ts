import { z } from 'zod'
import { decodeCbor, encodeCbor } from '../cbor.ts'
import { badMessage } from '../errors.ts'
import { decodeJson } from '../json.ts'
import { fromJsonTensor, jsonTensor } from '../json-tensor.ts'
import { bytes, dims, type NamedTensor, tensorBytes, wireType } from '../tensor.ts'
import { requireSize, validate } from '../validate.ts'

/** Largest inference request, in bytes. */
export const MAX_REQUEST_BYTES = 64 * 1024 * 1024

/** Largest request in JSON: reading text takes a hundred times as long as reading CBOR. */
export const MAX_JSON_REQUEST_BYTES = 16 * 1024 * 1024

/** Schema of what a request may ask for beside its input; what is left out the coordinator chooses. */
export const inferenceParameters = z.strictObject({
  /** The answer is useless after this long, counted from its arrival at the coordinator. */
  deadlineMs: z.number().positive().max(3_600_000).optional(),
  /** Higher is sooner; 0 is the ordinary. */
  priority: z.int().min(0).max(9).optional(),
  /**
   * While it waits, a newer such request of the same client for the same model takes its place, and
   * it fails with ERR_SUPERSEDED. So it is, unasked, with what has no identifier: frames of a camera.
   */
  latest: z.boolean().optional(),
  /** For example `mds:6,4`; the coordinator knows the forms. */
  scheme: z.string().max(64).optional(),
  axis: z.enum(['rows', 'columns']).optional(),
  transport: z.enum(['float16', 'float32']).optional(),
  /** Whether the results of devices are held against each other. */
  audit: z.enum(['off', 'sampled', 'always']).optional(),
  /** Form of the result. */
  format: z.enum(['json', 'cbor']).optional(),
})

export type InferenceParameters = z.infer<typeof inferenceParameters>

/** What a model is to be run on: an encoded image, or the model's inputs. */
export type InferenceInput =
  | { readonly image: Uint8Array }
  | { readonly tensors: readonly NamedTensor[] }

export type InferenceRequest = InferenceInput & { readonly parameters: InferenceParameters }

const jsonRequest = z.strictObject({
  inputs: z.array(jsonTensor).min(1).max(64),
  parameters: inferenceParameters.optional(),
})

const cborTensor = z.strictObject({
  /** Empty for the only input of a model. */
  name: z.string().max(1024),
  type: wireType,
  dims,
  data: bytes,
})
const parameters = inferenceParameters.optional()
const cborRequest = z.union([
  z.strictObject({ image: bytes, parameters }),
  z.strictObject({ inputs: z.array(cborTensor).min(1).max(64), parameters }),
])

/** The CBOR form of a request. */
export function encodeInferenceRequest(request: InferenceRequest): Uint8Array {
  if ('image' in request) {
    return encodeCbor({ image: request.image, parameters: request.parameters })
  }
  const inputs = request.tensors.map(({ name, type, dims, data }) => ({ name, type, dims, data }))
  return encodeCbor({ inputs, parameters: request.parameters })
}

/**
 * Reads a request in any of its forms, told apart by their first byte: JSON (`{`) and CBOR (a map)
 * carry tensors or parameters, everything else is an image as a camera sends it.
 *
 * @throws {ProtocolError} ERR_TOO_LARGE, ERR_BAD_MESSAGE
 */
export function parseInferenceRequest(payload: Uint8Array): InferenceRequest {
  requireSize('an inference request', payload, MAX_REQUEST_BYTES)
  const first = payload[0]
  if (first === undefined) throw badMessage('inference request: the payload is empty')
  if (isJsonRequest(payload)) return parseJsonRequest(payload)
  if (first >= 0xa0 && first <= 0xbf) return parseCborRequest(payload)
  return { image: payload, parameters: {} }
}

/** Whether it is in JSON, which takes a hundred times as long to read as its size would suggest. */
export function isJsonRequest(payload: Uint8Array): boolean {
  return payload[0] === 0x7b
}

function parseJsonRequest(payload: Uint8Array): InferenceRequest {
  const what = 'inference request'
  requireSize('a JSON inference request (send CBOR)', payload, MAX_JSON_REQUEST_BYTES)
  const { inputs, parameters = {} } = validate(what, jsonRequest, decodeJson(what, payload))
  return { tensors: inputs.map(fromJsonTensor), parameters }
}

function parseCborRequest(payload: Uint8Array): InferenceRequest {
  const raw = decodeCbor(payload)
  const request = validate('inference request', cborRequest, raw)
  const { parameters = {} } = request
  if ('image' in request) return { image: request.image, parameters }
  for (const { name, type, dims, data } of request.inputs) {
    const need = tensorBytes(type, dims, Number.MAX_SAFE_INTEGER)
    const text = `inference request: tensor "${name}" of ${type} [${dims.join(', ')}]`
    if (need !== data.length) {
      throw badMessage(`${text} has ${need} bytes, its data ${data.length}`)
    }
    if (type === 'bool' && data.some(byte => byte > 1)) {
      throw badMessage(`${text} has a byte other than 0 and 1`)
    }
  }
  return { tensors: request.inputs, parameters }
}
