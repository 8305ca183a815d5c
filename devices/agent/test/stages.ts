import type { LoadedPlan, LoadedStage } from '@cocoi/device-agent'
import type { Engine, EngineTensor } from '@cocoi/engine'
import { floatTensor, makeModel, makeNode, makeValueInfo, serializeModel } from '@cocoi/onnx'
import type { Plan } from '@cocoi/protocol'

/** A stage that adds a number to a vector of floats of any length. */
export async function adder(engine: Engine, summand: number): Promise<LoadedStage> {
  const model = makeModel({
    name: 'adder',
    nodes: [
      makeNode('Add', ['x', 'summand'], ['y']),
      makeNode('Abs', ['y'], ['magnitudes']),
      makeNode('ReduceMax', ['magnitudes'], ['peak'], { keepdims: 0 }),
    ],
    inputs: [makeValueInfo('x', 'float32', ['n'])],
    outputs: [makeValueInfo('y', 'float32', ['n']), makeValueInfo('peak', 'float32', [])],
    initializers: [floatTensor('summand', [1], Float32Array.of(summand))],
  })
  const session = await engine.load(serializeModel(model))
  return { session, inputs: ['x'], outputs: ['y'], peak: 'peak', work: { flops: 1, bytes: 8 } }
}

export function floats(...values: number[]): EngineTensor {
  const data = new Uint8Array(Float32Array.from(values).buffer)
  return { type: 'float32', dims: [values.length], data }
}

export function numbers({ data }: EngineTensor): number[] {
  return [...new Float32Array(data.slice().buffer)]
}

export function plan(id: string): Plan {
  const stages: Plan['stages'] = [{ kind: 'whole', id: 0 }]
  return { id, coordinator: 'main', model: 'a'.repeat(64), transport: 'float32', stages }
}

/** A loaded plan with one stage, which says when it is released. */
export function loadedPlan(
  of: Plan,
  stage: LoadedStage,
  onRelease: (plan: string) => void = () => {},
): LoadedPlan {
  const release = async () => onRelease(of.id)
  return { plan: of, stages: new Map([[0, stage]]), release }
}
