import type { ModelProto, TypeProto_Tensor, ValueInfoProto } from './generated/onnx_pb.ts'

/**
 * Shape of every tensor for which the model states all dimensions, from its initializers, inputs,
 * outputs and value_info; tensors inside subgraphs are left out.
 */
export function tensorShapes(model: ModelProto): Map<string, number[]> {
  const shapes = new Map<string, number[]>()
  for (const info of valueInfos(model)) {
    const shape = staticShape(info)
    if (shape) shapes.set(info.name, shape)
  }
  for (const { name, dims } of model.graph?.initializer ?? []) shapes.set(name, dims.map(Number))
  return shapes
}

/** Element type (a number of `ElementType`) of every tensor for which the model states one. */
export function tensorTypes(model: ModelProto): Map<string, number> {
  const types = new Map<string, number>()
  for (const info of valueInfos(model)) {
    const type = tensorType(info)?.elemType
    if (type) types.set(info.name, type)
  }
  for (const { name, dataType } of model.graph?.initializer ?? []) types.set(name, dataType)
  return types
}

/** Everything that the graph states about tensors by name; a name may occur more than once. */
export function valueInfos(model: ModelProto): ValueInfoProto[] {
  const graph = model.graph
  return graph ? [...graph.valueInfo, ...graph.input, ...graph.output] : []
}

/** The tensor type of a value, or undefined for sequences, optionals and untyped values. */
export function tensorType(info: ValueInfoProto): TypeProto_Tensor | undefined {
  const value = info.type?.value
  return value?.case === 'tensorType' ? value.value : undefined
}

/** Dimensions of a value, undefined where one is not stated; or undefined if its rank is not. */
export function statedShape(info: ValueInfoProto): (number | undefined)[] | undefined {
  return tensorType(info)?.shape?.dim.map(({ value }) => {
    const size = value.case === 'dimValue' ? Number(value.value) : -1
    return size < 0 ? undefined : size
  })
}

function staticShape(info: ValueInfoProto): number[] | undefined {
  const stated = statedShape(info)
  const known = stated?.filter(size => size !== undefined)
  return known?.length === stated?.length ? known : undefined
}
