import { ElementType } from '@cocoi/onnx'

/** Element type of coded inputs and outputs on the wire. */
export type TransportType = 'float16' | 'float32'

/** Largest finite float16; a value beyond it must not be sent as one (IEEE 754 binary16). */
export const float16Max = 65504

/** ONNX Cast attribute for a transport type. */
export function castTo(type: TransportType): { to: number } {
  return { to: ElementType[type] }
}
