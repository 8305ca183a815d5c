import {
  floatTensor,
  int64Tensor,
  makeModel,
  makeNode,
  makeValueInfo,
  type NodeProto,
  serializeModel,
  type TensorProto,
} from '@cocoi/onnx'
import type { Engine } from './engine.ts'
import type { EngineTensor } from './engine-tensor.ts'
import type { RunResult } from './messages.ts'

/** How fast an engine computes convolutions, and moves tensors that no cache holds. */
export interface BenchmarkResult {
  readonly flopsPerS: number
  readonly memoryBytesPerS: number
}

/** Times one run, in milliseconds. */
export type RunTimer = (run: () => Promise<RunResult>) => Promise<number>

/**
 * Runs of each graph: the first one warms up, the quickest of the others counts. There are more of them
 * as long as they are short, since what is short is easily disturbed.
 */
const runs = { least: 3, most: 16, enoughMs: 60 }

const [channels, extent, layers] = [64, 28, 4]
const convElements = channels * extent * extent
const weightElements = channels * channels * 9
const convFlops = layers * 2 * convElements * channels * 9
const convBytes = 4 * (layers * (2 * convElements + weightElements) + 2 * convElements)

/** 4 MB: more than the second-level cache of a Pi. */
const elements = 2 ** 20
/** Each reads and writes all elements; the first only writes, the last only reads. */
const passes = ['Relu', 'Neg', 'Relu', 'Neg']
const memoryBytes = 4 * elements * (2 * passes.length + 2)

/**
 * Times two small graphs, tens of milliseconds on a Pi 4: four convolutions, and a few passes over 4 MB.
 * For an engine with nothing else to do.
 *
 * @param time how a run is timed @default the time inside onnxruntime
 * @throws {EngineError} as `load` and `run`
 */
export async function benchmark(
  engine: Engine,
  time: RunTimer = async run => (await run()).runMs,
): Promise<BenchmarkResult> {
  const memoryMs = await quickest(engine, memoryGraph(), time)
  const convMs = await quickest(engine, convGraph(), time)
  const memoryBytesPerS = (memoryBytes / memoryMs) * 1000
  // What the convolutions move belongs to memory, but leaves at least half of the time to arithmetic.
  const arithmeticMs = Math.max(convMs / 2, convMs - (convBytes / memoryBytesPerS) * 1000)
  return { flopsPerS: (convFlops / arithmeticMs) * 1000, memoryBytesPerS }
}

async function quickest(engine: Engine, model: Uint8Array, time: RunTimer): Promise<number> {
  const session = await engine.load(model)
  try {
    await session.run({ x: one })
    const times: number[] = []
    let spentMs = 0
    while (times.length < runs.least || (times.length < runs.most && spentMs < runs.enoughMs)) {
      const ms = await time(() => session.run({ x: one }))
      times.push(ms)
      spentMs += ms
    }
    return Math.max(1e-3, Math.min(...times))
  } finally {
    await session.release()
  }
}

/** The tensors are made inside the graph, and only their maximum comes out: no copy is timed. */
const one: EngineTensor = {
  type: 'float32',
  dims: [1],
  data: new Uint8Array(Float32Array.of(1).buffer),
}

function convGraph(): Uint8Array {
  const weights = new Float32Array(weightElements).fill(1e-3)
  const nodes = Array.from({ length: layers }, (_, i) =>
    makeNode('Conv', [`t${i}`, 'w'], [`t${i + 1}`], { pads: [1, 1, 1, 1] }),
  )
  const initializers = [floatTensor('w', [channels, channels, 3, 3], weights)]
  return graphOf([1, channels, extent, extent], nodes, initializers)
}

function memoryGraph(): Uint8Array {
  const nodes = passes.map((op, i) => makeNode(op, [`t${i}`], [`t${i + 1}`]))
  return graphOf([elements], nodes, [])
}

/** x, expanded to the shape as t0, through the nodes, and the maximum of the last tensor. */
function graphOf(
  shape: readonly number[],
  nodes: readonly NodeProto[],
  initializers: readonly TensorProto[],
): Uint8Array {
  const model = makeModel({
    name: 'benchmark',
    nodes: [
      makeNode('Expand', ['x', 'shape'], ['t0']),
      ...nodes,
      makeNode('ReduceMax', [`t${nodes.length}`], ['y'], { keepdims: 0 }),
    ],
    inputs: [makeValueInfo('x', 'float32', [1])],
    // An engine that imitates a slower runtime counts operations by these.
    valueInfo: [...Array(nodes.length + 1).keys()].map(i =>
      makeValueInfo(`t${i}`, 'float32', shape),
    ),
    outputs: [makeValueInfo('y', 'float32', [])],
    initializers: [int64Tensor('shape', shape), ...initializers],
  })
  return serializeModel(model)
}
