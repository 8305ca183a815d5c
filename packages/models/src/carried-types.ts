import type { ElementTypeName } from '@cocoi/engine'

/** Element types that can be sent to a model and come back from one. */
export const carriedTypes = [
  ...(['float32', 'float16', 'float64', 'bool'] as const),
  ...(['int8', 'int16', 'int32', 'int64', 'uint8', 'uint16', 'uint32', 'uint64'] as const),
] satisfies ElementTypeName[]

/** Whether tensors of this type can be sent to a model and come back from one. */
export function isCarried(type: string | undefined): type is ElementTypeName {
  return (carriedTypes as readonly (string | undefined)[]).includes(type)
}
