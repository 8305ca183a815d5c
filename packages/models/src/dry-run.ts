import { type Engine, EngineError, type EngineSession, type EngineTensor } from '@cocoi/engine'
import {
  elementBytes,
  type ModelProto,
  makeValueInfo,
  serializeModel,
  type ValueInfoProto,
} from '@cocoi/onnx'

/** What is known of a tensor; −1 stands for a size that depends on the data. */
export interface TensorFacts {
  readonly name: string
  readonly type: EngineTensor['type']
  readonly dims: readonly number[]
}

/** The tensors of a model by name. */
export interface DryRun {
  readonly inputs: readonly TensorFacts[]
  /** The outputs of all nodes, those of the model among them. */
  readonly computed: ReadonlyMap<string, TensorFacts>
}

/** Where the model can be run. */
export interface DryRunOptions {
  readonly engine: Engine
  readonly weightsFolder: string
}

/** Operators whose results are no tensors, so that they cannot be asked for. */
const listMakers = /^(Sequence(Construct|Empty|Insert|Erase|Map)|SplitToSequence|Optional|ZipMap)$/

/**
 * Finds the type and shape of every tensor: onnxruntime infers them with each made an output, and a
 * run on zeros confirms them. A size that onnxruntime leaves open depends on the data (the number of
 * boxes that NonMaxSuppression keeps), so the size that this one run shows says nothing.
 *
 * @param model normalised, with static inputs
 * @throws {EngineError} ERR_ENGINE_LOAD
 */
export async function dryRun(model: ModelProto, options: DryRunOptions): Promise<DryRun> {
  try {
    return await probe(withAllOutputs(model), options)
  } catch (error) {
    // A list that a Loop or an operator of another domain makes cannot be an output either.
    if (!(error instanceof EngineError) || error.code !== 'ERR_ENGINE_LOAD') throw error
    return probe(model, options)
  }
}

async function probe(model: ModelProto, { engine, weightsFolder }: DryRunOptions): Promise<DryRun> {
  const options = { weightsFolder, optimization: 'disabled' } as const
  const session = await engine.load(serializeModel(model), options)
  try {
    const shapes = await shapesOnZeros(session)
    const computed = session.outputs.map(({ name, type, dims }) => {
      return [name, { name, type, dims: agreed(dims.map(fixed), shapes?.[name]) }] as const
    })
    const inputs = session.inputs.map(({ name, type, dims }) => {
      return { name, type, dims: dims.map(fixed) }
    })
    return { inputs, computed: new Map(computed) }
  } finally {
    await session.release()
  }
}

function withAllOutputs(model: ModelProto): ModelProto {
  const graph = model.graph!
  const lists = new Set<string>()
  for (const node of graph.node) {
    const passesOn = node.opType === 'Identity' && node.input.some(name => lists.has(name))
    if (passesOn || listMakers.test(node.opType)) for (const name of node.output) lists.add(name)
  }
  const own = new Set(graph.output.map(({ name }) => name))
  const names = graph.node.flatMap(node => node.output)
  const added = names.filter(name => name !== '' && !own.has(name) && !lists.has(name))
  return { ...model, graph: { ...graph, output: [...graph.output, ...added.map(untyped)] } }
}

function untyped(name: string): ValueInfoProto {
  const info = makeValueInfo(name, 'float32', [])
  delete info.type
  return info
}

/** Undefined if the model does not run on zeros, which some models rightly refuse. */
async function shapesOnZeros(
  session: EngineSession,
): Promise<Record<string, number[]> | undefined> {
  const feeds = session.inputs.map(({ name, type, dims }) => [name, zeros(type, dims.map(fixed))])
  try {
    return await session.shapes(Object.fromEntries(feeds))
  } catch (error) {
    if (error instanceof EngineError && error.code === 'ERR_ENGINE_RUN') return undefined
    throw error
  }
}

function zeros(type: EngineTensor['type'], dims: readonly number[]): EngineTensor {
  const bytes = dims.reduce((product, size) => product * size, elementBytes(type))
  return { type, dims, data: new Uint8Array(bytes) }
}

function fixed(size: number | string): number {
  return typeof size === 'number' ? size : -1
}

/** The inferred shape where the run confirms it; its rank is the run's. */
function agreed(inferred: readonly number[], seen: readonly number[] | undefined): number[] {
  if (!seen) return [...inferred]
  if (seen.length !== inferred.length) return seen.map(() => -1)
  return seen.map((size, i) => (size === inferred[i] ? size : -1))
}
