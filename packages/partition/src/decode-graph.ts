import { ElementType, type ModelProto, makeModel, makeNode, makeValueInfo } from '@cocoi/onnx'
import { GraphDraft } from './draft.ts'
import { castTo, type TransportType } from './transport-type.ts'

/** Names of the decode graph's tensors. */
export const decodeTensors = {
  /** Results of the survivors, each flattened, one below the other: [k, M], wire type. */
  results: 'results',
  /** Decoding matrix [e, k], float32. */
  matrix: 'D',
  /** Recovered pieces [e, M], wire type. */
  missing: 'missing',
  /** Largest absolute value of the recovered pieces; float16 transport only. */
  peak: 'peak',
}

/**
 * The graph that recovers the `e` pieces which did not arrive from `k` results that did:
 * `Y_missing = D · Ỹ_S` (CoCoI, decoding, restricted to the missing rows). One graph serves every code
 * and every survivor set, since the decoding matrix is an input.
 */
export function decodeGraph(transport: TransportType): ModelProto {
  const { results, matrix, missing, peak } = decodeTensors
  const draft = new GraphDraft(17)
  const outputs = [makeValueInfo(missing, transport, ['e', 'M'])]
  if (transport === 'float32') {
    draft.add('MatMul', [matrix, results], missing)
  } else {
    const floats = draft.add('Cast', [results], 'floats', { to: ElementType.float32 })
    const product = draft.add('MatMul', [matrix, floats], 'product')
    draft.nodes.push(makeNode('Cast', [product], [missing], castTo(transport)))
    draft.peak(product, peak)
    outputs.push(makeValueInfo(peak, 'float32', []))
  }
  return makeModel({
    name: 'decode',
    nodes: draft.nodes,
    inputs: [
      makeValueInfo(results, transport, ['k', 'M']),
      makeValueInfo(matrix, 'float32', ['e', 'k']),
    ],
    outputs,
    initializers: draft.initializers,
  })
}
