import { ElementType } from '@cocoi/onnx'

/** Element type of coded inputs and outputs on the wire. */
export type TransportType = 'float16' | 'float32'

/** Largest finite float16; a value beyond it must not be sent as one (IEEE 754 binary16). */
export const float16Max = 65504

/** From here down float16 loses its eleven bits one by one: its smallest step is 2⁻²⁴. */
const float16Small = 2 ** -14

/**
 * Whether a tensor with this largest magnitude travels as float16 without harm: nothing becomes an
 * infinity, and the largest values keep full precision. Zeros do; NaN does not.
 */
export function fitsFloat16(peak: number): boolean {
  return peak === 0 || (Math.abs(peak) >= float16Small && Math.abs(peak) <= float16Max)
}

/** ONNX Cast attribute for a transport type. */
export function castTo(type: TransportType): { to: number } {
  return { to: ElementType[type] }
}
