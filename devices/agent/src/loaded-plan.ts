import { readFile } from 'node:fs/promises'
import type { Engine, EngineSession } from '@cocoi/engine'
import { externalLocation, type ModelProto, parseModel, serializeModel } from '@cocoi/onnx'
import { type StageSpec, subtaskGraph } from '@cocoi/partition'
import type { Work } from '@cocoi/planner'
import type { Plan } from '@cocoi/protocol'
import type { Weights } from './weights.ts'

/** A stage that this device can compute. */
export interface LoadedStage {
  readonly session: EngineSession
  /** Names of the tensors of a subtask, in the order of the frame. */
  readonly inputs: readonly string[]
  /** Names of the tensors of a result, in the order of the frame. */
  readonly outputs: readonly string[]
  /** Scalar output with the largest magnitude of the result; float16 transport only. */
  readonly peak: string | undefined
  /** What one subtask of it is, if the coordinator says so. */
  readonly work: Work | undefined
}

/** A plan whose weights are here and whose subtask graphs are loaded. */
export interface LoadedPlan {
  readonly plan: Plan
  readonly stages: ReadonlyMap<number, LoadedStage>
  release(): Promise<void>
}

export interface PlanLoader {
  readonly engine: Engine
  readonly weights: Weights
}

/**
 * Fetches the model's graph and the weights of the plan's stages, and loads a session for each
 * stage. Weights are fetched once and kept on disk; the sessions map them from there.
 */
export async function loadPlan(
  plan: Plan,
  { engine, weights }: PlanLoader,
  signal: AbortSignal,
): Promise<LoadedPlan> {
  const files = weights.hold()
  const stages = new Map<number, LoadedStage>()
  const release = async () => {
    for (const { session } of stages.values()) await session.release()
    files.release()
  }
  try {
    const graphFile = await files.fetch(plan.coordinator, plan.model, signal)
    const model = parseModel(new Uint8Array(await readFile(graphFile)))
    for (const spec of plan.stages) {
      const graph = graphOf(model, spec, plan.transport)
      for (const sha of weightsOf(graph.model)) {
        if (!files.shas.has(sha)) await files.fetch(plan.coordinator, sha, signal)
      }
      signal.throwIfAborted()
      const session = await engine.load(serializeModel(graph.model), {
        weightsFolder: weights.folder,
      })
      stages.set(spec.id, { session, ...graph.tensors, work: spec.work })
    }
  } catch (error) {
    await release()
    throw error
  }
  return { plan, stages, release }
}

function graphOf(model: ModelProto, spec: StageSpec, transport: Plan['transport']) {
  if (spec.kind === 'whole') {
    const inputs = model.graph!.input.map(({ name }) => name)
    const outputs = model.graph!.output.map(({ name }) => name)
    return { model, tensors: { inputs, outputs, peak: undefined } }
  }
  const graph = subtaskGraph(model, spec, transport)
  const inputs = graph.inputs.map(({ name }) => name)
  const outputs = graph.outputs.map(({ name }) => name)
  return { model: graph.model, tensors: { inputs, outputs, peak: graph.peak } }
}

/** In a prepared model the location of external data is the SHA-256 of the blob. */
function weightsOf(model: ModelProto): string[] {
  const locations = model.graph!.initializer.map(tensor => externalLocation(tensor)?.location)
  return [...new Set(locations.filter(location => location !== undefined))]
}
