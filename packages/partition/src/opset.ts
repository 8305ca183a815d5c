import type { ModelProto } from '@cocoi/onnx'

/** Version of the default operator set that a model imports (ONNX opset_import with empty domain). */
export function opsetOf(model: ModelProto): number {
  const entry = model.opsetImport.find(({ domain }) => domain === '' || domain === 'ai.onnx')
  return Number(entry?.version ?? 1)
}
