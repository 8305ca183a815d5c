import { z } from 'zod'
import { badMessage } from './errors.ts'
import { dims, MAX_RANK, type NamedTensor, tensorBytes, type WireType } from './tensor.ts'

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

const element = z.union([z.number(), z.boolean()])

/** Schema of a tensor in JSON: `data` is flat, row-major. */
export const jsonTensor = z.strictObject({
  name: z.string().max(1024),
  shape: dims,
  datatype: z.enum(Object.keys(DATATYPES) as [Datatype, ...Datatype[]]),
  data: z.array(element),
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

/**
 * The tensor that its JSON form describes.
 *
 * @throws {ProtocolError} ERR_BAD_MESSAGE if the data does not fill the shape, or an element of an
 *   integer type is not whole
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
  const whole = type !== 'float32' && type !== 'float64'
  for (const [index, value] of data.entries()) {
    const number = Number(value)
    if (whole && !Number.isInteger(number)) {
      throw badMessage(`element ${index} of tensor "${name}" is ${number}, no ${datatype}`)
    }
    elements[index] = wide ? BigInt(number) : number
  }
  return { name, type, dims: [...shape], data: new Uint8Array(buffer) }
}

/** Most elements that a result carries as JSON text; larger outputs are for CBOR. */
export const MAX_JSON_ELEMENTS = 100_000

/**
 * The JSON form of a tensor. Without `data` where it has more than MAX_JSON_ELEMENTS elements, or a
 * type that JSON text has no name for (float16).
 */
export function toJsonTensor({ name, type, dims: shape, data }: NamedTensor): JsonTensor {
  const datatype = datatypeOf.get(type)
  const head = { name, shape: [...shape], datatype: datatype ?? type.toUpperCase() }
  const count = shape.reduce((product, extent) => product * extent, 1)
  if (!datatype || count > MAX_JSON_ELEMENTS || shape.length > MAX_RANK) return head
  const elements = views[type as JsonType](data.slice().buffer)
  const values = Array.from({ length: count }, (_, i) => Number(elements[i]))
  return { ...head, data: type === 'bool' ? values.map(Boolean) : values }
}
