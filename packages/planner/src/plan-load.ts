import { createCode } from '@cocoi/coding'
import { type ModelProto, tensorShapes } from '@cocoi/onnx'
import { type LoadOptions, type StageLoad, stageLoad } from './stage-load.ts'
import { addWork, noWork, type Work } from './work.ts'
import type { WorkGraph } from './work-graph.ts'

/** A plan as numbers: what `predictPlan` and the simulator run. */
export interface PlanLoad {
  readonly stages: readonly StageLoad[]
  /** Local layers after the last stage; the whole model when nothing is distributed. */
  readonly tail: Work
}

/** The stages with the local layers around them. */
export function planLoad(graph: WorkGraph, stages: readonly LoadOptions[]): PlanLoad {
  const { steps, tail } = graph.split(stages.map(({ layout }) => layout))
  const loads = stages.map((stage, i) => {
    const load = stageLoad(stage)
    const { head, side } = steps[i]!
    return { ...load, head, side: addWork(load.side, side) }
  })
  return { stages: loads, tail }
}

/** Everything on the coordinator. */
export function localLoad(graph: WorkGraph): PlanLoad {
  return { stages: [], tail: graph.total }
}

/** Everything on one device, inputs and outputs in float32 as they are. */
export function wholeLoad(model: ModelProto, graph: WorkGraph): PlanLoad {
  const shapes = tensorShapes(model)
  const constants = new Set(model.graph!.initializer.map(({ name }) => name))
  const bytesOf = (names: readonly string[]) =>
    names.reduce((sum, name) => sum + 4 * (shapes.get(name) ?? []).reduce((a, b) => a * b, 1), 0)
  const inputs = model.graph!.input.map(({ name }) => name).filter(name => !constants.has(name))
  const stage: StageLoad = {
    ...{ id: 0, code: createCode({ type: 'uncoded', k: 1 }), subtask: graph.total },
    bytesOut: bytesOf(inputs),
    bytesIn: bytesOf(model.graph!.output.map(({ name }) => name)),
    ...{ head: noWork, encode: noWork, side: noWork, assemble: noWork },
    ...{ decode: () => noWork, rowsPerDevice: undefined },
  }
  return { stages: [stage], tail: noWork }
}
