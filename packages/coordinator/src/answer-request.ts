import type { EngineTensor } from '@cocoi/engine'
import {
  checkInputs,
  imageTarget,
  isClassifier,
  type ModelEntry,
  type PreparedModel,
  preprocessImage,
  topClasses,
} from '@cocoi/models'
import { parseSchemeRequest } from '@cocoi/planner'
import type { InferenceAnswer, InferenceParameters, InferenceRequest } from '@cocoi/protocol'
import type { CoordinatorConfig } from '@cocoi/service'
import type { Deployment, DeploymentWish } from './deployment.ts'
import type { Deployments } from './deployments.ts'
import type { ModelShelf } from './model-shelf.ts'
import { type InferenceReport, runInference, type StageReport } from './run-inference.ts'
import { StageDriver, type StageSurroundings } from './stage-driver.ts'

/** A request that was admitted. */
export interface AdmittedRequest {
  readonly model: string
  readonly request: string | undefined
  readonly body: InferenceRequest
  readonly arrivedAt: number
  readonly deadlineAt: number
  /** Identifier of the inference, unique for ever. */
  readonly inference: string
  /** Aborted with the error that the sensor is told. */
  readonly signal: AbortSignal
}

export interface AnsweringOptions {
  readonly config: CoordinatorConfig
  readonly models: ModelShelf
  readonly deployments: Deployments
  readonly stages: Omit<StageSurroundings, 'isReady'>
  readonly now: () => number
}

/**
 * Answers one request: model, inputs, deployment, inference, result.
 *
 * @throws an error with a code for everything that keeps it from an answer; after an abort the
 *   reason of the abort
 */
export async function answerRequest(
  admitted: AdmittedRequest,
  options: AnsweringOptions,
): Promise<InferenceAnswer> {
  const { now } = options
  const clock = new Stopwatch(now, admitted.arrivedAt)
  const queueMs = clock.lap()
  const { entry, prepared } = await options.models.find(admitted.model)
  const wish = wishOf(admitted.body.parameters, entry, options.config)
  const lease = await options.deployments.lease(entry, prepared, wish)
  try {
    await lease.deployment.settled(admitted.signal)
    admitted.signal.throwIfAborted()
    const deployMs = clock.lap()
    const inputs = await inputsOf(admitted.body, { entry, prepared, config: options.config })
    const preprocessMs = clock.lap()
    const report = await infer(admitted, {
      options,
      deployment: lease.deployment,
      prepared,
      inputs,
    })
    const inferenceMs = clock.lap()
    const totalMs = now() - admitted.arrivedAt
    const timing = { queueMs, deployMs, preprocessMs, inferenceMs, totalMs }
    return {
      ...describe(admitted, entry, lease.deployment),
      timing,
      ...summarise(report, { entry, prepared }),
    }
  } finally {
    lease.end()
  }
}

/** Time since the last lap. */
class Stopwatch {
  readonly #now: () => number
  #since: number

  constructor(now: () => number, since: number) {
    this.#now = now
    this.#since = since
  }

  lap(): number {
    const passed = this.#now() - this.#since
    this.#since += passed
    return passed
  }
}

/** What the request asks for, else the model's configuration, else the coordinator's. */
function wishOf(
  parameters: InferenceParameters,
  { config: model }: ModelEntry,
  config: CoordinatorConfig,
): DeploymentWish {
  return {
    scheme: parseSchemeRequest(parameters.scheme ?? model.scheme ?? config.scheme),
    axis: parameters.axis ?? config.axis,
    transport: parameters.transport ?? model.transport ?? config.transport,
  }
}

async function inputsOf(
  body: InferenceRequest,
  {
    entry,
    prepared,
    config,
  }: {
    entry: ModelEntry
    prepared: PreparedModel
    config: CoordinatorConfig
  },
): Promise<Record<string, EngineTensor>> {
  if ('tensors' in body) return checkInputs(body.tensors, prepared)
  const maxPixels = config.maxImagePixels
  const { name } = imageTarget(prepared, entry.config)
  return { [name]: await preprocessImage(body.image, prepared, entry.config, { maxPixels }) }
}

async function infer(
  { inference, deadlineAt, signal }: AdmittedRequest,
  run: {
    options: AnsweringOptions
    deployment: Deployment
    prepared: PreparedModel
    inputs: Record<string, EngineTensor>
  },
): Promise<InferenceReport> {
  const { options, deployment, prepared, inputs } = run
  const surroundings = {
    ...options.stages,
    isReady: (device: string) => deployment.isReady(device),
  }
  const ids = { inference, plan: deployment.id, deadlineAt, signal }
  const outputs = prepared.outputs.map(({ name }) => name)
  try {
    return await runInference(
      deployment.executable,
      { inputs, outputs },
      {
        runStage: (step, rows) => new StageDriver({ step, rows, ...ids }, surroundings).run(),
        now: options.now,
        signal,
      },
    )
  } catch (error) {
    signal.throwIfAborted() // what fails after an abort fails because of it
    throw error
  }
}

function describe(
  { request, model }: AdmittedRequest,
  { version }: ModelEntry,
  deployment: Deployment,
): Pick<InferenceAnswer, 'request' | 'model' | 'version' | 'plan'> {
  const { plan, scheme, refusals } = deployment
  const notes = [...plan.notes, ...refusals]
  const { kind, transport } = plan
  return {
    ...(request === undefined ? {} : { request }),
    model,
    version,
    plan: { kind, scheme, transport, notes },
  }
}

function summarise(
  { outputs, stages }: InferenceReport,
  { entry, prepared }: { entry: ModelEntry; prepared: PreparedModel },
): Pick<InferenceAnswer, 'top' | 'devices' | 'bytes' | 'stages' | 'outputs'> {
  const named = Object.entries(outputs).map(([name, tensor]) => ({ name, ...tensor }))
  const top = classesOf(outputs, prepared, entry)
  return {
    ...(top ? { top } : {}),
    devices: { used: distinct(stages, 'used'), late: distinct(stages, 'late') },
    bytes: { out: sum(stages, 'bytesOut'), in: sum(stages, 'bytesIn') },
    stages: stages.map(stage => ({ ...stage, used: [...stage.used], late: [...stage.late] })),
    outputs: named,
  }
}

/** Ranked classes where the model is a classifier. */
function classesOf(
  outputs: InferenceReport['outputs'],
  prepared: PreparedModel,
  { labels, config }: ModelEntry,
): InferenceAnswer['top'] {
  if (!isClassifier(prepared.outputs)) return undefined
  return topClasses(outputs[prepared.outputs[0]!.name]!, { labels, ...config.output })
}

function distinct(stages: readonly StageReport[], of: 'used' | 'late'): string[] {
  return [...new Set(stages.flatMap(stage => stage[of]))].sort()
}

function sum(stages: readonly StageReport[], of: 'bytesOut' | 'bytesIn'): number {
  return stages.reduce((total, stage) => total + stage[of], 0)
}
