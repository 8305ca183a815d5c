import type { EngineTensor } from '@cocoi/engine'

export type Numbers = Float32Array | Float64Array

/** The elements as numbers; whole ones beyond 2⁵³ lose their last digits. */
export function tensorNumbers({ type, data }: EngineTensor): Numbers {
  // A copy begins at an address that suits every type.
  const { buffer } = data.slice()
  switch (type) {
    case 'float32':
      return new Float32Array(buffer)
    case 'float64':
      return new Float64Array(buffer)
    case 'float16':
      return Float64Array.from(new Uint16Array(buffer), fromFloat16)
    case 'int64':
      return Float64Array.from(new BigInt64Array(buffer), Number)
    case 'uint64':
      return Float64Array.from(new BigUint64Array(buffer), Number)
    default:
      return Float64Array.from(new wholeNumbers[type](buffer))
  }
}

const wholeNumbers = {
  int32: Int32Array,
  int16: Int16Array,
  int8: Int8Array,
  uint32: Uint32Array,
  uint16: Uint16Array,
  uint8: Uint8Array,
  bool: Uint8Array,
} as const

/** IEEE 754 binary16. */
function fromFloat16(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1
  const exponent = (bits >> 10) & 0x1f
  const fraction = bits & 0x3ff
  if (exponent === 0) return sign * fraction * 2 ** -24
  if (exponent === 0x1f) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15)
}
