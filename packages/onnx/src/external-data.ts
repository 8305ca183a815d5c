import { create } from '@bufbuild/protobuf'
import { OnnxError } from './errors.ts'
import { type TensorProto, TensorProtoSchema } from './generated/onnx_pb.ts'
import { tensorByteLength } from './shape.ts'

/** Where the data of a tensor lies when it is not in the model file (ONNX external data). */
export interface ExternalLocation {
  /** Path of the data file, relative to the folder of the model file. */
  readonly location: string
  /** First byte of the data in that file. */
  readonly offset: number
  /** Number of bytes. */
  readonly length: number
}

/** ONNX TensorProto.DataLocation. */
const dataLocation = { inline: 0, external: 1 } as const

/**
 * Where the data of an external tensor lies, or undefined if its data is inline.
 *
 * @throws {OnnxError} ERR_ONNX_EXTERNAL_DATA if the entry has no location, its location leaves the
 *   folder of the model or has control characters, or a number in it is none; ERR_ONNX_SHAPE,
 *   ERR_ONNX_ELEMENT_TYPE if it leaves the length to a shape that has none
 */
export function externalLocation(tensor: TensorProto): ExternalLocation | undefined {
  if (tensor.dataLocation !== dataLocation.external) return undefined
  const entries = new Map(tensor.externalData.map(({ key, value }) => [key, value]))
  const location = entries.get('location') ?? ''
  if (!staysInFolder(location)) {
    const message = `tensor "${tensor.name}" keeps its data in "${location}", which is no path inside the folder of the model`
    throw new OnnxError('ERR_ONNX_EXTERNAL_DATA', message)
  }
  const offset = natural(tensor, 'offset', entries.get('offset') ?? '0')
  const whole = tensorByteLength(tensor.dataType, tensor.dims.map(Number))
  const length = natural(tensor, 'length', entries.get('length') ?? String(whole))
  return { location, offset, length }
}

/** A copy of the tensor whose data lies elsewhere; name, type and shape stay. */
export function setExternal(tensor: TensorProto, to: ExternalLocation): TensorProto {
  const entries = { location: to.location, offset: String(to.offset), length: String(to.length) }
  const copy = create(TensorProtoSchema, {
    name: tensor.name,
    dataType: tensor.dataType,
    dims: [...tensor.dims],
    dataLocation: dataLocation.external,
    externalData: Object.entries(entries).map(([key, value]) => ({ key, value })),
  })
  if (tensor.$unknown) copy.$unknown = tensor.$unknown
  return copy
}

function staysInFolder(location: string): boolean {
  const parts = location.split(/[/\\]/)
  if (/\p{Cc}/u.test(location)) return false
  return location !== '' && parts[0] !== '' && !/^[a-z]:/i.test(location) && !parts.includes('..')
}

function natural(tensor: TensorProto, key: string, text: string): number {
  const value = Number(text)
  if (/^\d+$/.test(text) && Number.isSafeInteger(value)) return value
  const message = `the external data of tensor "${tensor.name}" has the ${key} "${text}", which is no whole number ≥ 0`
  throw new OnnxError('ERR_ONNX_EXTERNAL_DATA', message)
}
