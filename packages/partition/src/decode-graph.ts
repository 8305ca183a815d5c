import { ElementType, type ModelProto, makeModel, makeNode, makeValueInfo } from '@cocoi/onnx'
import { GraphDraft } from './draft.ts'
import { castTo, type TransportType } from './transport-type.ts'

/** Names of the decode graph's tensors. */
export const decodeTensors = {
  /** Result of the j-th survivor, flattened to [1, M], wire type. */
  result: (j: number) => `result${j}`,
  /** Decoding matrix [e, k], float32. */
  matrix: 'D',
  /** Recovered pieces [e, M], wire type. */
  missing: 'missing',
  /** Largest absolute value of the recovered pieces; float16 transport only. */
  peak: 'peak',
}

/**
 * The graph that recovers the `e` pieces which did not arrive from `k` results that did:
 * `Y_missing = D · Ỹ_S` (CoCoI, decoding, restricted to the missing rows). One graph serves every
 * survivor set, since the decoding matrix is an input.
 */
export function decodeGraph(k: number, transport: TransportType): ModelProto {
  const draft = new GraphDraft(17)
  const names = Array.from({ length: k }, (_, j) => decodeTensors.result(j))
  const wide = transport === 'float32'
  const floats = names.map(name =>
    wide ? name : draft.add('Cast', [name], `${name}/float`, { to: ElementType.float32 }),
  )
  const stacked = draft.add('Concat', floats, 'stacked', { axis: 0 })
  const product = wide ? decodeTensors.missing : 'product'
  draft.add('MatMul', [decodeTensors.matrix, stacked], product)
  const outputs = [makeValueInfo(decodeTensors.missing, transport, ['e', 'M'])]
  if (!wide) {
    draft.nodes.push(makeNode('Cast', [product], [decodeTensors.missing], castTo(transport)))
    draft.peak(product, decodeTensors.peak)
    outputs.push(makeValueInfo(decodeTensors.peak, 'float32', []))
  }
  return makeModel({
    name: `decode${k}`,
    nodes: draft.nodes,
    inputs: [
      ...names.map(name => makeValueInfo(name, transport, [1, 'M'])),
      makeValueInfo(decodeTensors.matrix, 'float32', ['e', k]),
    ],
    outputs,
    initializers: draft.initializers,
  })
}
