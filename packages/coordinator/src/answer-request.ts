import { randomBytes } from 'node:crypto'
import type { EngineTensor } from '@cocoi/engine'
import { checkInputs, imageTarget, type ModelEntry, preprocessImage } from '@cocoi/models'
import { type Goal, parseSchemeRequest, type Work } from '@cocoi/planner'
import type { InferenceAnswer, InferenceParameters, InferenceRequest } from '@cocoi/protocol'
import type { CoordinatorConfig } from '@cocoi/service'
import type { AdmittedRequest } from './admitted-request.ts'
import type { Audits } from './audits.ts'
import type { Deployment, DeploymentWish } from './deployment.ts'
import type { Deployments } from './deployments.ts'
import { describeAnswer } from './describe-answer.ts'
import { CoordinatorError } from './errors.ts'
import type { Measurements } from './measurements.ts'
import type { FoundModel, ModelShelf } from './model-shelf.ts'
import { type InferenceReport, runInference, type StageRunner } from './run-inference.ts'
import { StageDriver, type StageSurroundings } from './stage-driver.ts'
import { Stopwatch } from './stopwatch.ts'

export interface AnsweringOptions {
  readonly config: CoordinatorConfig
  readonly models: ModelShelf
  readonly deployments: Deployments
  readonly stages: Omit<StageSurroundings, 'deployment'>
  readonly audits: Audits
  readonly measurements: Pick<Measurements, 'ran' | 'decoded'>
  /** What plans are chosen for just now. */
  readonly goal: () => Goal
  readonly now: () => number
}

/**
 * Answers one request: model, deployment, inputs, inference, result. Where float16 cannot carry the
 * values of a model, the request is computed once more with float32 on the wire, and so are all
 * later ones of this model.
 *
 * @throws an error with a code for everything that keeps it from an answer; after an abort the
 *   reason of the abort
 */
export async function answerRequest(
  admitted: AdmittedRequest,
  options: AnsweringOptions,
): Promise<InferenceAnswer> {
  const clock = new Stopwatch(options.now, admitted.arrivedAt)
  const queueMs = clock.lap()
  const found = await options.models.find(admitted.model)
  admitted.signal.throwIfAborted() // preparing a model may have taken longer than the request allows
  const wish = wishOf(admitted.body.parameters, found.entry, options)
  const range = options.models.float16Trouble(found.entry)
  if (range !== undefined) return attempt({ ...wish, transport: 'float32' }, [range])
  try {
    return await attempt(wish, [])
  } catch (error) {
    if (wish.transport === 'float32' || !isFloat16Trouble(error)) throw error
    const note = `${error.message}: computed with float32 on the wire`
    options.models.rememberFloat16Trouble(found.entry, note)
    return attempt({ ...wish, transport: 'float32' }, [note])
  }

  async function attempt(wish: DeploymentWish, notes: readonly string[]): Promise<InferenceAnswer> {
    const lease = await options.deployments.lease(found.entry, found.prepared, wish)
    try {
      const { deployment } = lease
      // Later there would be too little time left to compute without those that are missing.
      const patienceMs = (admitted.deadlineAt - options.now()) / 3
      await deployment.settled(admitted.signal, patienceMs)
      admitted.signal.throwIfAborted()
      const deployMs = clock.lap()
      const inputs = await inputsOf(admitted.body, found, options.config)
      const preprocessMs = clock.lap()
      const report = await infer(admitted, { options, deployment, found, inputs })
      const inferenceMs = clock.lap()
      lease.took(inferenceMs)
      const totalMs = options.now() - admitted.arrivedAt
      const timing = { queueMs, deployMs, preprocessMs, inferenceMs, totalMs }
      return { ...describeAnswer(admitted, { deployment, notes }, { found, report }), timing }
    } finally {
      lease.end()
    }
  }
}

function isFloat16Trouble(error: unknown): error is CoordinatorError {
  return error instanceof CoordinatorError && error.code === 'ERR_FLOAT16_RANGE'
}

/** What the request asks for, else the model's configuration, else the coordinator's. */
function wishOf(
  parameters: InferenceParameters,
  { config: model }: ModelEntry,
  { config, goal }: Pick<AnsweringOptions, 'config' | 'goal'>,
): DeploymentWish {
  return {
    scheme: parseSchemeRequest(parameters.scheme ?? model.scheme ?? config.scheme),
    axis: parameters.axis ?? config.axis,
    transport: parameters.transport ?? model.transport ?? config.transport,
    goal: goal(),
  }
}

async function inputsOf(
  body: InferenceRequest,
  { entry, prepared }: FoundModel,
  config: CoordinatorConfig,
): Promise<Record<string, EngineTensor>> {
  if ('tensors' in body) return checkInputs(body.tensors, prepared)
  const maxPixels = config.maxImagePixels
  const { name } = imageTarget(prepared, entry.config)
  return { [name]: await preprocessImage(body.image, prepared, entry.config, { maxPixels }) }
}

async function infer(
  { body, deadlineAt, signal }: AdmittedRequest,
  run: {
    options: AnsweringOptions
    deployment: Deployment
    found: FoundModel
    inputs: Record<string, EngineTensor>
  },
): Promise<InferenceReport> {
  const { options, deployment, found, inputs } = run
  const surroundings = { ...options.stages, deployment }
  // Unique for ever, also if a request is computed twice: devices take no subtask id twice.
  const inference = randomBytes(9).toString('hex')
  const audit = options.audits.next(body.parameters.audit ?? options.config.audit)
  const ids = { inference, plan: deployment.id, deadlineAt, signal, audit }
  const outputs = found.prepared.outputs.map(({ name }) => name)
  const context = {
    runStage: (...[step, rows]: Parameters<StageRunner>) =>
      new StageDriver({ step, rows, ...ids }, surroundings).run(),
    now: options.now,
    signal,
    onRan: (work: Work, ms: number) => options.measurements.ran(work, ms),
    onDecoded: (ms: number) => options.measurements.decoded(ms),
  }
  try {
    return await runInference(deployment.executable, { inputs, outputs }, context)
  } catch (error) {
    signal.throwIfAborted() // what fails after an abort fails because of it
    throw error
  }
}
