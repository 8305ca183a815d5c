import type { EngineTensor } from '@cocoi/engine'
import type { Work } from '@cocoi/planner'
import { assertFloat16Range, decodeInto, type StageResults } from './decode.ts'
import { EncodedRows } from './encoded-rows.ts'
import type { Executable, ExecutableStep, LoadedSegment } from './executable.ts'
import { LiveTensors } from './live-tensors.ts'

/** What the devices made of one stage. */
export interface StageOutcome {
  readonly results: StageResults
  /** Devices whose results were used, and those that were still at work when enough had come. */
  readonly used: readonly string[]
  readonly late: readonly string[]
  readonly bytesOut: number
  readonly bytesIn: number
}

/** Sends the rows of a stage away and waits until enough came back. */
export type StageRunner = (step: ExecutableStep, rows: EncodedRows) => Promise<StageOutcome>

/** Times of one stage in milliseconds, and what moved. */
export interface StageReport extends Omit<StageOutcome, 'results'> {
  readonly id: number
  readonly n: number
  readonly k: number
  readonly headMs: number
  readonly waitMs: number
  readonly decodeMs: number
  readonly amplification: number
}

export interface InferenceReport {
  readonly outputs: Record<string, EngineTensor>
  readonly stages: readonly StageReport[]
  readonly tailMs: number
}

/** How the stages of an inference are run, and who is told of what. */
export interface InferenceContext {
  readonly runStage: StageRunner
  readonly now: () => number
  readonly signal?: AbortSignal
  /** Told what every graph of the coordinator has taken. */
  readonly onRan?: (work: Work, ms: number) => void
  /** Told of every stage of which pieces had to be solved for. */
  readonly onDecoded?: (ms: number) => void
}

/**
 * One inference through an executable: for each stage head graph, subtasks away, side graph while
 * they are, decode; then the tail graph.
 *
 * @param inputs the model's inputs by name
 * @param outputs names of the model's outputs
 */
export async function runInference(
  executable: Executable,
  io: { inputs: Record<string, EngineTensor>; outputs: readonly string[] },
  context: InferenceContext,
): Promise<InferenceReport> {
  const live = new LiveTensors(io.inputs)
  const keep = new Set(Object.keys(io.inputs))
  const stages: StageReport[] = []
  for (const step of executable.steps) {
    context.signal?.throwIfAborted()
    stages.push(await runStep(step, { live, keep, ...context }))
  }
  context.signal?.throwIfAborted()
  const tailMs = await runSegment(executable.tail, { live, keep, ...context })
  return { outputs: live.pick(io.outputs), stages, tailMs }
}

interface StepContext extends InferenceContext {
  readonly live: LiveTensors
  readonly keep: ReadonlySet<string>
}

async function runStep(step: ExecutableStep, context: StepContext): Promise<StageReport> {
  const { live, keep, now } = context
  const headMs = await runSegment(step.head, context)
  if (step.step.peak)
    assertFloat16Range(live.get(step.step.peak), `encoding stage ${step.step.spec.id}`)
  const rows = new EncodedRows(step.step, step.code, live)
  const sentAt = now()
  const [outcome] = await Promise.all([
    context.runStage(step, rows),
    runSegment(step.side, context),
  ])
  const decodedFrom = now()
  live.delete(rows.names().filter(name => !keep.has(name)))
  const amplification = await decodeInto(live, step, outcome.results)
  const decodeMs = now() - decodedFrom
  if (amplification > 1) context.onDecoded?.(decodeMs)
  const { results: _, ...rest } = outcome
  const { n, k } = step.code
  const times = { headMs, waitMs: decodedFrom - sentAt, decodeMs }
  return { id: step.step.spec.id, n, k, ...times, amplification, ...rest }
}

/**
 * Runs a segment on live tensors and returns the milliseconds inside onnxruntime; what is told of it, for
 * planning, are those until its outputs are here.
 */
async function runSegment(
  segment: LoadedSegment | undefined,
  { live, keep, onRan, now }: Pick<StepContext, 'live' | 'keep' | 'onRan' | 'now'>,
): Promise<number> {
  if (!segment) return 0
  const feeds = live.pick(segment.inputs)
  const startedAt = now()
  const { outputs, runMs } = await segment.session.run(feeds)
  onRan?.(segment.work, now() - startedAt)
  live.delete(segment.lastUses.filter(name => !keep.has(name)))
  for (const [name, tensor] of Object.entries(outputs)) live.set(name, tensor)
  return runMs
}
