import { setImmediate } from 'node:timers/promises'
import type { ModelProto } from '@cocoi/onnx'
import { type ModelPlan, type PlanOptions, planInSteps } from '@cocoi/planner'

/** Plans a model and lets others have their turn every few milliseconds: inferences go on meanwhile. */
export async function planInSlices(model: ModelProto, options: PlanOptions): Promise<ModelPlan> {
  const steps = planInSteps(model, options)
  for (;;) {
    const step = steps.next()
    if (step.done) return step.value
    await setImmediate()
  }
}
