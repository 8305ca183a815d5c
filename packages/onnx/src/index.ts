export {
  intAttribute,
  intsAttribute,
  stringAttribute,
} from './attributes.ts'
export { checkModel } from './check.ts'
export {
  ElementType,
  type ElementTypeName,
  elementBytes,
  elementTypeName,
} from './element-type.ts'
export { OnnxError, type OnnxErrorCode } from './errors.ts'
export { type ExternalLocation, externalLocation, setExternal } from './external-data.ts'
export { type Extraction, extractModel } from './extract.ts'
export { freezeInputs } from './freeze-inputs.ts'
export type {
  AttributeProto,
  GraphProto,
  ModelProto,
  NodeProto,
  TensorProto,
  TypeProto,
  ValueInfoProto,
} from './generated/onnx_pb.ts'
export type { AttributeValue } from './make-attribute.ts'
export { type ModelParts, makeModel } from './make-model.ts'
export { makeNode } from './make-node.ts'
export { floatTensor, int64Tensor, makeTensor, scalarFloat } from './make-tensor.ts'
export { makeValueInfo } from './make-value-info.ts'
export { multiplyAdds } from './multiply-adds.ts'
export { parseModel } from './parse.ts'
export { serializeModel } from './serialize.ts'
export { nodeInputs } from './subgraphs.ts'
export { tensorBytes } from './tensor-bytes.ts'
export { tensorShapes, tensorTypes } from './tensor-shapes.ts'
export { topologicalOrder } from './topological-order.ts'
