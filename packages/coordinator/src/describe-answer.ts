import { isClassifier, topClasses } from '@cocoi/models'
import type { InferenceAnswer } from '@cocoi/protocol'
import type { AdmittedRequest } from './admitted-request.ts'
import type { Deployment } from './deployment.ts'
import type { FoundModel } from './model-shelf.ts'
import type { InferenceReport, StageReport } from './run-inference.ts'

/** What an answer says of the plan that was used, beside what the plan itself remarks. */
export interface PlanInUse {
  readonly deployment: Deployment
  readonly notes: readonly string[]
}

/** Everything of an answer but its times. */
export function describeAnswer(
  { request, model }: AdmittedRequest,
  { deployment, notes }: PlanInUse,
  { found, report }: { found: FoundModel; report: InferenceReport },
): Omit<InferenceAnswer, 'timing'> {
  const { plan, scheme, refusals } = deployment
  const { kind, transport, why } = plan
  const top = classesOf(found, report)
  const { stages, outputs } = report
  return {
    ...(request === undefined ? {} : { request }),
    ...{ model, version: found.entry.version },
    plan: {
      ...{ kind, scheme, transport, ...(why === undefined ? {} : { why }) },
      notes: [...plan.notes, ...notes, ...refusals],
    },
    ...(top ? { top } : {}),
    devices: { used: distinct(stages, 'used'), late: distinct(stages, 'late') },
    bytes: { out: sum(stages, 'bytesOut'), in: sum(stages, 'bytesIn') },
    stages: stages.map(stage => ({ ...stage, used: [...stage.used], late: [...stage.late] })),
    outputs: Object.entries(outputs).map(([name, tensor]) => ({ name, ...tensor })),
  }
}

/** Ranked classes where the model is a classifier. */
function classesOf(
  { entry, prepared }: FoundModel,
  { outputs }: InferenceReport,
): InferenceAnswer['top'] {
  if (!isClassifier(prepared.outputs)) return undefined
  const { labels, config } = entry
  return topClasses(outputs[prepared.outputs[0]!.name]!, { labels, ...config.output })
}

function distinct(stages: readonly StageReport[], of: 'used' | 'late'): string[] {
  return [...new Set(stages.flatMap(stage => stage[of]))].sort()
}

function sum(stages: readonly StageReport[], of: 'bytesOut' | 'bytesIn'): number {
  return stages.reduce((total, stage) => total + stage[of], 0)
}
