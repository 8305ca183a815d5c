import { type ModelProto, makeValueInfo } from '@cocoi/onnx'
import { type Axis, compile, findLinearConvs, layoutStages, splitExtent } from '@cocoi/partition'
import { expect } from 'chai'
import { randomFloats, randomGraph, seeded } from './random-graph.ts'
import { floatTensorOf, runModel, runProgram } from './run-program.ts'

/** The same model with the shape of every tensor stated, as a dry run finds it. */
async function withShapes(model: ModelProto, names: string[], feeds: object): Promise<ModelProto> {
  const graph = model.graph!
  const probe = { ...model, graph: { ...graph, output: [...graph.output] } } as ModelProto
  for (const name of names)
    probe.graph!.output.push(makeValueInfo(name, 'float32', ['?', '?', '?', '?']))
  const results = await runModel(probe, feeds as Parameters<typeof runModel>[1])
  const info = (name: string) => makeValueInfo(name, 'float32', [...results[name]!.dims])
  graph.valueInfo = names.map(info)
  graph.output = graph.output.map(({ name }) => info(name))
  return model
}

/** Systematic single-parity code: row k is the sum with alternating signs; piece `lost` is lost. */
function survivorsOf(k: number, lost: number | undefined) {
  const signs = Array.from({ length: k }, (_, j) => (j % 2 === 0 ? 1 : -1))
  const units = signs.map((_, j) => j).filter(j => j !== lost)
  const unit = (row: number) => (row < k ? row : undefined)
  if (lost === undefined)
    return { signs, survivors: { rows: units, unit, missing: [], matrix: new Float32Array() } }
  const matrix = Float32Array.from([...units.map(j => -signs[j]! / signs[lost]!), 1 / signs[lost]!])
  return { signs, survivors: { rows: [...units, k], unit, missing: [lost], matrix } }
}

async function largestRelativeError(seed: number, transport: 'float16' | 'float32') {
  const random = seeded(seed + 1000)
  const axis: Axis = random() < 0.5 ? 'rows' : 'columns'
  const { model: bare, names } = randomGraph(seed)
  const dims = bare.graph!.input[0]!.type!.value.value!.shape!.dim.map(d => Number(d.value.value))
  const feeds = {
    x: floatTensorOf(
      dims,
      randomFloats(
        random,
        dims.reduce((a, b) => a * b, 1),
      ),
    ),
  }
  const model = await withShapes(bare, names, feeds)
  const want = (await runModel(model, feeds))['y']!.data as Float32Array
  const { convs } = findLinearConvs(model)
  const layouts = layoutStages(model.graph!, convs, axis)
  const k = 2 + Math.floor(random() * 3)
  const splits = layouts.map(layout => splitExtent(layout.extent, k))
  const common = Math.min(...splits.map(split => split.starts.length))
  const { signs, survivors } = survivorsOf(
    common,
    random() < 0.3 ? undefined : Math.floor(random() * common),
  )
  const stages = layouts.map(layout => ({
    layout,
    split: splitExtent(layout.extent, common),
    denseRows: [signs],
  }))
  if (stages.some(({ split }) => split.starts.length !== common)) return undefined
  const live = await runProgram(model, compile(model, stages, transport), {
    feeds,
    survivors,
    transport,
  })
  const got = live['y']!.data as Float32Array
  const scale = want.reduce((top, value) => Math.max(top, Math.abs(value)), 0)
  return want.reduce((top, value, i) => Math.max(top, Math.abs(value - got[i]!)), 0) / scale
}

describe('compile', function () {
  this.timeout(60_000)

  it('gives the answer of the uncut model on random graphs, windows, cuts and losses', async () => {
    let compared = 0
    for (let seed = 0; seed < 40; seed++) {
      const error = await largestRelativeError(seed, 'float32')
      if (error === undefined) continue
      compared++
      expect(error, `seed ${seed}`).to.be.below(1e-4)
    }
    expect(compared).to.be.above(30)
  })

  it('stays within one per cent with float16 on the wire', async () => {
    for (let seed = 100; seed < 110; seed++) {
      const error = await largestRelativeError(seed, 'float16')
      if (error !== undefined) expect(error, `seed ${seed}`).to.be.below(1e-2)
    }
  })
})
