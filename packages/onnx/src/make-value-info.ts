import { create } from '@bufbuild/protobuf'
import { ElementType, type ElementTypeName } from './element-type.ts'
import { type ValueInfoProto, ValueInfoProtoSchema } from './generated/onnx_pb.ts'
import { dimsToWire } from './shape.ts'

/**
 * Name, element type and shape of a graph input, a graph output or a tensor in between.
 *
 * @param dims sizes; a string names a dimension that is known only at run time
 * @throws {OnnxError} ERR_ONNX_SHAPE if a size is not a whole number of at least 0
 */
export function makeValueInfo(
  name: string,
  type: ElementTypeName,
  dims: readonly (number | string)[],
): ValueInfoProto {
  const sizes = dims.filter(size => typeof size === 'number')
  dimsToWire(name, sizes)
  const shape = { dim: dims.map(size => ({ value: dimension(size) })) }
  const tensorType = { elemType: ElementType[type], shape }
  return create(ValueInfoProtoSchema, {
    name,
    type: { value: { case: 'tensorType', value: tensorType } },
  })
}

function dimension(size: number | string) {
  return typeof size === 'number'
    ? ({ case: 'dimValue', value: BigInt(size) } as const)
    : ({ case: 'dimParam', value: size } as const)
}
