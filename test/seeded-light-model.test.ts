import { createEngine, type Engine, type EngineTensor } from '@cocoi/engine'
import { checkModel, makeValueInfo, serializeModel } from '@cocoi/onnx'
import { seededTensor } from '@cocoi/zoo'
import { expect } from 'chai'
import {
  type LightModelName,
  lightModelNames,
  lightModelsMissing,
  seededLightModel,
} from './helpers/seeded-light-model.ts'

function image(seed: number): EngineTensor {
  const dims = [1, 3, 224, 224]
  const data = seededTensor('image', dims, seed, { mean: 0, deviation: 1 }).rawData
  return { type: 'float32', dims, data }
}

function rootMeanSquare(values: Float32Array): number {
  return Math.sqrt(values.reduce((sum, value) => sum + value ** 2, 0) / values.length)
}

describe('seededLightModel', function () {
  this.timeout(60_000)
  let engine: Engine

  before(function () {
    const missing = lightModelsMissing()
    if (missing) {
      console.log(`    ${missing}`)
      this.skip()
    }
    engine = createEngine({ threads: 1 })
  })
  after(() => engine?.close())

  /** Every activation and the output of a model, for one image after the other. */
  async function run(name: LightModelName, images: readonly EngineTensor[]) {
    const model = seededLightModel(name, 1)
    checkModel(model)
    const [input, output] = [model.graph!.input[0]!.name, model.graph!.output[0]!.name]
    expect(model.graph!.input).to.have.length(1)
    const convs = model.graph!.node.filter(({ opType }) => opType === 'Conv')
    const observed = convs.map(node =>
      makeValueInfo(node.output[0]!, 'float32', [1, 'c', 'h', 'w']),
    )
    model.graph!.output.push(...observed)
    const session = await engine.load(serializeModel(model))
    const results: { activations: Float32Array[]; answer: Float32Array }[] = []
    for (const tensor of images) {
      const { outputs } = await session.run({ [input]: tensor })
      const values = (name: string) => new Float32Array(outputs[name]!.data.slice().buffer)
      results.push({
        activations: observed.map(({ name }) => values(name)),
        answer: values(output),
      })
    }
    await session.release()
    return results
  }

  for (const name of lightModelNames) {
    it(`${name} answers two images with two distributions, from activations of order 1`, async () => {
      const [one, other] = await run(name, [image(1), image(2)])
      for (const [index, values] of one!.activations.entries()) {
        expect(rootMeanSquare(values), `convolution ${index}`).to.be.within(0.2, 10)
      }
      const { answer } = one!
      expect(answer).to.have.length(1000)
      expect(answer.reduce((sum, value) => sum + value, 0)).to.be.closeTo(1, 1e-4)
      expect(Math.max(...answer), 'most likely class').to.be.within(0.003, 0.9)
      const change = answer.map((value, i) => 1000 * (value - other!.answer[i]!))
      expect(rootMeanSquare(change), 'between two images').to.be.above(0.01)
    })
  }
})
