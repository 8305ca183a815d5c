import { OnnxError } from './errors.ts'

/** Element types of tensors and their numbers on the wire (ONNX TensorProto.DataType). */
export const ElementType = {
  float32: 1,
  uint8: 2,
  int8: 3,
  uint16: 4,
  int16: 5,
  int32: 6,
  int64: 7,
  string: 8,
  bool: 9,
  float16: 10,
  float64: 11,
  uint32: 12,
  uint64: 13,
  complex64: 14,
  complex128: 15,
  bfloat16: 16,
  float8e4m3fn: 17,
  float8e4m3fnuz: 18,
  float8e5m2: 19,
  float8e5m2fnuz: 20,
  uint4: 21,
  int4: 22,
  float4e2m1: 23,
} as const

/** Name of an element type, for example `'float32'`. */
export type ElementTypeName = keyof typeof ElementType

const widths: Readonly<Record<ElementTypeName, number>> = {
  float32: 4,
  uint8: 1,
  int8: 1,
  uint16: 2,
  int16: 2,
  int32: 4,
  int64: 8,
  string: Number.NaN,
  bool: 1,
  float16: 2,
  float64: 8,
  uint32: 4,
  uint64: 8,
  complex64: 8,
  complex128: 16,
  bfloat16: 2,
  float8e4m3fn: 1,
  float8e4m3fnuz: 1,
  float8e5m2: 1,
  float8e5m2fnuz: 1,
  uint4: 0.5,
  int4: 0.5,
  float4e2m1: 0.5,
}

const names = new Map<number, ElementTypeName>(
  Object.entries(ElementType).map(([name, number]) => [number, name as ElementTypeName]),
)

/** Name of the element type with this number on the wire, or undefined for one not known here. */
export function elementTypeName(type: number): ElementTypeName | undefined {
  return names.get(type)
}

/**
 * Bytes that one element takes in raw tensor data; 0.5 for the 4-bit types, two of which share a
 * byte.
 *
 * @throws {OnnxError} ERR_ONNX_ELEMENT_TYPE for strings and unknown numbers, which have no width
 */
export function elementBytes(type: ElementTypeName | number): number {
  const name = typeof type === 'string' ? type : elementTypeName(type)
  const width = name === undefined ? Number.NaN : widths[name]
  if (!Number.isNaN(width)) return width
  const message = `elements of type ${name ?? type} have no fixed width in bytes`
  throw new OnnxError('ERR_ONNX_ELEMENT_TYPE', message)
}
