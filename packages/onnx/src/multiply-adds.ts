import type { NodeProto } from './generated/onnx_pb.ts'

/**
 * Multiply-adds per element of what a convolution or a matrix product computes; 0 for any other op, and
 * where a shape is not known.
 *
 * @param shapes dims by tensor name, weights included
 */
export function multiplyAdds(
  { opType, input }: NodeProto,
  shapes: ReadonlyMap<string, readonly number[]>,
): number {
  if (/Conv/.test(opType)) return count(shapes.get(input[1] ?? '')?.slice(1))
  if (/Gemm|MatMul/.test(opType)) return shapes.get(input[0] ?? '')?.at(-1) ?? 0
  return 0
}

function count(shape: readonly number[] | undefined): number {
  return shape ? shape.reduce((product, size) => product * size, 1) : 0
}
