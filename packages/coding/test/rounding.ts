const view = new DataView(new ArrayBuffer(8))

/** Exponent e with 2^e ≤ |value| < 2^(e+1), read from the bits. */
function exponentOf(value: number): number {
  view.setFloat64(0, value)
  return ((view.getUint16(0) >> 4) & 0x7ff) - 1023
}

function roundHalfToEven(value: number): number {
  const floor = Math.floor(value)
  const fraction = value - floor
  if (fraction !== 0.5) return fraction < 0.5 ? floor : floor + 1
  return floor % 2 === 0 ? floor : floor + 1
}

/**
 * The float16 nearest to a number, ties to even: 11 significant bits, subnormals below 2^−14,
 * infinity from 65520 on (IEEE 754 binary16).
 */
export function toFloat16(value: number): number {
  if (value === 0 || !Number.isFinite(value)) return value
  const step = 2 ** (Math.max(exponentOf(value), -14) - 10)
  const rounded = roundHalfToEven(Math.abs(value) / step) * step
  return Math.sign(value) * (rounded >= 65536 ? Number.POSITIVE_INFINITY : rounded)
}

/** Wire types by the way they round. */
export const roundings = { float16: toFloat16, float32: Math.fround } as const
