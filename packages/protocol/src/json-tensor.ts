import { z } from 'zod'
import { badMessage } from './errors.ts'
import { dims, MAX_RANK, type NamedTensor, tensorBytes, type WireType } from './tensor.ts'

/** Largest float32; what is beyond would become infinite. */
const MAX_FLOAT32 = (2 - 2 ** -23) * 2 ** 127

/** KServe V2 (Open Inference Protocol) names of the element types that JSON can carry. */
const DATATYPES = {
  FP32: 'float32',
  FP64: 'float64',
  INT8: 'int8',
  INT16: 'int16',
  INT32: 'int32',
  INT64: 'int64',
  UINT8: 'uint8',
  UINT16: 'uint16',
  UINT32: 'uint32',
  UINT64: 'uint64',
  BOOL: 'bool',
} as const satisfies Record<string, WireType>

type Datatype = keyof typeof DATATYPES
type JsonType = (typeof DATATYPES)[Datatype]

const datatypeOf = new Map<WireType, Datatype>(
  Object.entries(DATATYPES).map(([datatype, type]) => [type, datatype as Datatype]),
)

const elements = z.custom<readonly (number | boolean)[]>(
  value => Array.isArray(value) && value.every(isElement),
  'must be a flat array of numbers',
)

function isElement(value: unknown): boolean {
  return typeof value === 'number' || typeof value === 'boolean'
}

/** Schema of a tensor in JSON: `data` is flat, row-major. */
export const jsonTensor = z.strictObject({
  name: z.string().max(1024),
  shape: dims,
  datatype: z.enum(Object.keys(DATATYPES) as [Datatype, ...Datatype[]]),
  data: elements,
})

/** A tensor in JSON; `data` is absent where it was left out for its size. */
export interface JsonTensor {
  name: string
  shape: number[]
  datatype: string
  data?: (number | boolean)[]
}

type Elements = { [index: number]: number | bigint; readonly length: number }

const views: Readonly<Record<JsonType, (buffer: ArrayBuffer) => Elements>> = {
  float32: buffer => new Float32Array(buffer),
  float64: buffer => new Float64Array(buffer),
  int8: buffer => new Int8Array(buffer),
  int16: buffer => new Int16Array(buffer),
  int32: buffer => new Int32Array(buffer),
  int64: buffer => new BigInt64Array(buffer),
  uint8: buffer => new Uint8Array(buffer),
  uint16: buffer => new Uint16Array(buffer),
  uint32: buffer => new Uint32Array(buffer),
  uint64: buffer => new BigUint64Array(buffer),
  bool: buffer => new Uint8Array(buffer),
}

/** Smallest and largest element of each type; beyond 2^53 JSON numbers are no longer exact. */
const RANGES: Readonly<Record<JsonType, readonly [min: number, max: number]>> = {
  float32: [-MAX_FLOAT32, MAX_FLOAT32],
  float64: [-Number.MAX_VALUE, Number.MAX_VALUE],
  int8: [-(2 ** 7), 2 ** 7 - 1],
  int16: [-(2 ** 15), 2 ** 15 - 1],
  int32: [-(2 ** 31), 2 ** 31 - 1],
  int64: [Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER],
  uint8: [0, 2 ** 8 - 1],
  uint16: [0, 2 ** 16 - 1],
  uint32: [0, 2 ** 32 - 1],
  uint64: [0, Number.MAX_SAFE_INTEGER],
  bool: [0, 1],
}

/**
 * The tensor that its JSON form describes.
 *
 * @throws {ProtocolError} ERR_BAD_MESSAGE if the data does not fill the shape, or an element is none
 *   of the type: not whole, out of its range, or too large for JSON to hold exactly
 */
export function fromJsonTensor({
  name,
  shape,
  datatype,
  data,
}: z.output<typeof jsonTensor>): NamedTensor {
  const type = DATATYPES[datatype]
  const count = shape.reduce((product, extent) => product * extent, 1)
  if (count !== data.length) {
    const text = `tensor "${name}" of shape [${shape.join(', ')}] has ${count} elements`
    throw badMessage(`${text}, its data ${data.length}`)
  }
  const buffer = new ArrayBuffer(tensorBytes(type, shape, Number.MAX_SAFE_INTEGER))
  const elements = views[type](buffer)
  const wide = type === 'int64' || type === 'uint64'
  for (const [index, value] of data.entries()) {
    const number = Number(value)
    if (!fits(type, number)) throw notOfType({ name, datatype, index, number })
    elements[index] = wide ? BigInt(number) : number
  }
  return { name, type, dims: [...shape], data: new Uint8Array(buffer) }
}

/** Whether the number is one of this type, not something that would become another one. */
function fits(type: JsonType, number: number): boolean {
  const [min, max] = RANGES[type]
  const whole = type !== 'float32' && type !== 'float64'
  return number >= min && number <= max && (!whole || Number.isInteger(number))
}

function notOfType(found: { name: string; datatype: Datatype; index: number; number: number }) {
  const { name, datatype, index, number } = found
  const [min, max] = RANGES[DATATYPES[datatype]]
  const element = `element ${index} of tensor "${name}" is ${number}`
  return badMessage(`${element}, no ${datatype} from ${min} to ${max}`)
}

/** Most elements that a result carries as JSON text; larger outputs are for CBOR. */
export const MAX_JSON_ELEMENTS = 100_000

/**
 * The JSON form of a tensor. Without `data` where JSON text has no way to say it: more than
 * MAX_JSON_ELEMENTS elements, a type without a name (float16), numbers that are infinite, NaN or
 * beyond 2^53.
 */
export function toJsonTensor({ name, type, dims: shape, data }: NamedTensor): JsonTensor {
  const datatype = datatypeOf.get(type)
  const head = { name, shape: [...shape], datatype: datatype ?? type.toUpperCase() }
  const count = shape.reduce((product, extent) => product * extent, 1)
  if (!datatype || count > MAX_JSON_ELEMENTS || shape.length > MAX_RANK) return head
  const jsonType = type as JsonType
  const elements = views[jsonType](data.slice().buffer)
  const values = Array.from({ length: count }, (_, i) => Number(elements[i]))
  if (!values.every(value => fits(jsonType, value))) return head
  return { ...head, data: type === 'bool' ? values.map(Boolean) : values }
}
