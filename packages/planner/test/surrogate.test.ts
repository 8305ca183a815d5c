import { findLinearConvs, layoutStages, type StageLayout } from '@cocoi/partition'
import {
  boards,
  Draws,
  predictPlan,
  type SurrogateOptions,
  surrogateChoice,
  surrogateMs,
} from '@cocoi/planner'
import { expect } from 'chai'
import { bareStage, idealFleet, single } from './ideal-stage.ts'
import { shapedZoo } from './shaped-zoo.ts'

const model = shapedZoo('vgg16')
const layouts = layoutStages(model.graph!, findLinearConvs(model).convs, 'rows')
/** Layers 12 and 13 are like 11, and so on. */
const distinct = layouts.filter((_, i) => [0, 1, 2, 3, 4, 5, 7, 8, 10].includes(i))
const devices = 10

interface Regime {
  readonly flopsPerS: number
  readonly bytesPerS: number
  readonly straggling: number
}

/** The paper's stage: links of one's own, a master of 2 GFLOP/s, float32. */
function paper(layout: StageLayout, regime: Regime): SurrogateOptions {
  const { flopsPerS, bytesPerS, straggling } = regime
  const link = { bytesPerS, latencyMs: 0, straggling, delayMs: 0 }
  const device = { ...boards.pi4, name: 'pi', flopsPerS, straggling, link }
  const { coordinator } = idealFleet(1, {})
  const master = { ...coordinator, flopsPerS: 2e9, straggling: 0.1 }
  return { layout, transport: 'float32', devices, device, coordinator: master }
}

/** Mean by Monte Carlo under the paper's assumptions, k cutting the rows into real parts. */
function drawnMs({ layout, device, coordinator }: SurrogateOptions, k: number): number {
  const rows = layout.extent / k
  const [input] = layout.inputs
  const { kernel, stride } = layout.convs[0]!.windows.rows
  const columns = input!.shape[1]! * input!.shape[3]!
  const elements = columns * (kernel + (rows - 1) * stride)
  const results = layout.convs[0]!.outputShape[1]! * layout.convs[0]!.outputShape[3]! * rows
  const stage = bareStage(
    { type: 'mds', n: devices, k },
    {
      subtask: { flops: (layout.flops * rows) / layout.extent, bytes: 0 },
      ...{ bytesOut: 4 * elements, bytesIn: 4 * results },
      encode: { flops: 2 * k * devices * elements, bytes: 0 },
      decode: () => ({ flops: 2 * k * k * results, bytes: 0 }),
    },
  )
  const { flopsPerS, straggling, link } = device
  const fleet = { ...idealFleet(devices, { flopsPerS, straggling, link }), coordinator }
  return predictPlan(single(stage), fleet, { draws, samples: 800 }).total.meanMs
}

const draws = new Draws(1)

describe('the surrogate L(k) of the paper', () => {
  it('is convex in k', () => {
    const options = paper(layouts[4]!, { flopsPerS: 10e9, bytesPerS: 12.5e6, straggling: 1 })
    const values = Array.from({ length: 33 }, (_, i) => surrogateMs(options, 1 + i * 0.25))
    for (let i = 1; i < values.length - 1; i++) {
      expect(values[i - 1]! + values[i + 1]! - 2 * values[i]!).to.be.above(0)
    }
  })

  it('is minimal at k°', () => {
    for (const straggling of [0.1, 1, 10]) {
      const options = paper(layouts[6]!, { flopsPerS: 10e9, bytesPerS: 12.5e6, straggling })
      const whole = Array.from({ length: devices - 1 }, (_, i) => i + 1)
      const best = whole.reduce((a, b) =>
        surrogateMs(options, b) < surrogateMs(options, a) ? b : a,
      )
      expect(surrogateChoice(options)).to.equal(best)
    }
  })

  it('asks for too few pieces, by one to three where it matters', () => {
    const biases: number[] = []
    const excesses: number[] = []
    for (const flopsPerS of [10e9, 50e9]) {
      for (const bytesPerS of [12.5e6, 117.5e6]) {
        for (const straggling of [0.3, 1, 3]) {
          for (const layout of distinct) {
            const options = paper(layout, { flopsPerS, bytesPerS, straggling })
            const ks = Array.from({ length: devices - 1 }, (_, i) => i + 1)
            const means = ks.map(k => drawnMs(options, k))
            const best = means.indexOf(Math.min(...means)) + 1
            const chosen = surrogateChoice(options)
            biases.push(best - chosen)
            excesses.push(means[chosen - 1]! / means[best - 1]! - 1)
          }
        }
      }
    }
    expect(Math.min(...biases)).to.be.at.least(0)
    expect(Math.max(...biases)).to.be.within(1, 3)
    expect(Math.max(...excesses), 'what k° costs at worst').to.be.within(0.05, 0.17)
  })
})
