import { create, type MessageInitShape } from '@bufbuild/protobuf'
import { OnnxError } from './errors.ts'
import {
  type AttributeProto,
  AttributeProtoSchema,
  type GraphProto,
  type TensorProto,
} from './generated/onnx_pb.ts'

/**
 * Value of a node attribute. Plain numbers are whole numbers (ONNX INT and INTS), because most
 * attributes are; floats are marked.
 */
export type AttributeValue =
  | number
  | bigint
  | string
  | readonly number[]
  | { readonly float: number }
  | { readonly floats: readonly number[] }
  | { readonly strings: readonly string[] }
  | TensorProto
  | GraphProto

type Init = MessageInitShape<typeof AttributeProtoSchema>

/** Kinds of attribute (ONNX AttributeProto.AttributeType). */
const kinds = { f: 1, i: 2, s: 3, t: 4, g: 5, floats: 6, ints: 7, strings: 8 } as const

const encoder = new TextEncoder()

/**
 * An attribute of the kind that its value asks for.
 *
 * @throws {OnnxError} ERR_ONNX_ATTRIBUTE if a plain number is not whole
 */
export function makeAttribute(name: string, value: AttributeValue): AttributeProto {
  const field = fieldOf(name, value)
  const kind = Object.keys(field)[0] as keyof typeof kinds
  return create(AttributeProtoSchema, { name, type: kinds[kind], ...field })
}

function fieldOf(name: string, value: AttributeValue): Init {
  if (typeof value === 'bigint') return { i: value }
  if (typeof value === 'number') return { i: whole(name, value) }
  if (typeof value === 'string') return { s: encoder.encode(value) }
  if (isList(value)) return { ints: value.map(item => whole(name, item)) }
  if ('float' in value) return { f: value.float }
  if ('floats' in value) return { floats: [...value.floats] }
  if ('strings' in value) return { strings: value.strings.map(text => encoder.encode(text)) }
  return value.$typeName === 'onnx.TensorProto' ? { t: value } : { g: value }
}

function isList(value: AttributeValue): value is readonly number[] {
  return Array.isArray(value)
}

function whole(name: string, value: number): bigint {
  if (Number.isInteger(value)) return BigInt(value)
  const message = `attribute "${name}" is ${value}, not a whole number; write {float: ${value}} or {floats: […]}`
  throw new OnnxError('ERR_ONNX_ATTRIBUTE', message)
}
