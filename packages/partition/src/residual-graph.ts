import { ElementType, type ModelProto, makeModel, makeValueInfo, scalarFloat } from '@cocoi/onnx'
import { GraphDraft } from './draft.ts'
import type { TransportType } from './transport-type.ts'

/** Names of the residual graph's tensors. */
export const residualTensors = {
  /** Results of the survivors, each flattened, one below the other: [k, M], wire type. */
  results: 'results',
  /** Weights of the survivors [1, k], float32. */
  weights: 'w',
  /** The result that is held against what they predict, flattened to [1, M], wire type. */
  surplus: 'surplus',
  /** Largest absolute difference, a scalar; infinite where a result holds a NaN. */
  residual: 'residual',
  /** Largest absolute value of the survivors and the surplus result, a scalar. */
  scale: 'scale',
}

/**
 * The graph that holds one result against what k others predict: `max |w · Ỹ_S − ỹ|`. With k = 1 and
 * a weight of 1 it compares two results of the same row.
 */
export function residualGraph(type: TransportType): ModelProto {
  const draft = new GraphDraft(17)
  const { results, weights, surplus, residual, scale } = residualTensors
  const float = (name: string) =>
    type === 'float32'
      ? name
      : draft.add('Cast', [name], `${name}/float`, { to: ElementType.float32 })
  const [survivors, actual] = [float(results), float(surplus)]
  const predicted = draft.add('MatMul', [weights, survivors], 'predicted')
  draft.peak(infiniteForNaN(draft, draft.add('Sub', [predicted, actual], 'difference')), residual)
  draft.peak(draft.add('Concat', [survivors, actual], 'all', { axis: 0 }), scale)
  return makeModel({
    name: 'residual',
    nodes: draft.nodes,
    inputs: [
      makeValueInfo(results, type, ['k', 'M']),
      makeValueInfo(surplus, type, [1, 'M']),
      makeValueInfo(weights, 'float32', [1, 'k']),
    ],
    outputs: [makeValueInfo(residual, 'float32', []), makeValueInfo(scale, 'float32', [])],
    initializers: draft.initializers,
  })
}

/** onnxruntime's ReduceMax overlooks a NaN that is not the first value. */
function infiniteForNaN(draft: GraphDraft, values: string): string {
  const infinity = draft.constant(scalarFloat('infinity', Number.POSITIVE_INFINITY))
  const unknown = draft.add('IsNaN', [values], 'difference/nan')
  return draft.add('Where', [unknown, infinity, values], 'difference/counted')
}
