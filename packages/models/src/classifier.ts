import type { TensorSpec } from './prepared-model.ts'

/**
 * Whether a model looks like a classifier: one output with one floating-point score per class for
 * one image, [1, C] or [1, C, 1, 1].
 */
export function isClassifier(outputs: readonly TensorSpec[]): boolean {
  const [output, ...others] = outputs
  if (!output || others.length > 0 || !/^float/.test(output.type)) return false
  const [batch, classes, ...rest] = output.dims
  return batch === 1 && (classes ?? 0) > 1 && rest.every(size => size === 1)
}
