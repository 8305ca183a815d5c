import { z } from 'zod'
import { badMessage } from './errors.ts'

/** Bytes per element of every element type that may travel. */
export const WIRE_TYPES = {
  float32: 4,
  float16: 2,
  float64: 8,
  bfloat16: 2,
  int8: 1,
  int16: 2,
  int32: 4,
  int64: 8,
  uint8: 1,
  uint16: 2,
  uint32: 4,
  uint64: 8,
  bool: 1,
} as const

/** Name of an element type. */
export type WireType = keyof typeof WIRE_TYPES

/** Largest rank of a tensor. */
export const MAX_RANK = 8

/** A tensor on the wire. */
export interface WireTensor {
  type: WireType
  /** Extents, row-major; empty for a scalar. */
  dims: readonly number[]
  /** The elements, little-endian, without gaps; a view where possible. */
  data: Uint8Array
}

/** A tensor with the name of the model input or output it belongs to. */
export interface NamedTensor extends WireTensor {
  name: string
}

/** Schema of an element type. */
export const wireType = z.enum(Object.keys(WIRE_TYPES) as [WireType, ...WireType[]])

/** Schema of a shape. */
export const dims = z.array(z.int().min(0).max(0x7fffffff)).max(MAX_RANK)

/** Schema of raw bytes. */
export const bytes = z.instanceof(Uint8Array)

/**
 * Bytes a tensor of this type and shape occupies.
 *
 * @throws {ProtocolError} ERR_BAD_MESSAGE if that exceeds `limitBytes`; the product never overflows
 */
export function tensorBytes(type: WireType, shape: readonly number[], limitBytes: number): number {
  let size: number = WIRE_TYPES[type]
  for (const extent of shape) {
    size *= extent
    if (size > Number.MAX_SAFE_INTEGER) break
  }
  if (size <= limitBytes) return size
  throw badMessage(
    `a ${type} tensor of shape [${shape.join(', ')}] needs ${size} bytes, ${limitBytes} are there`,
  )
}
