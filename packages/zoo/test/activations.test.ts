import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createEngine, type Engine, type EngineSession, type EngineTensor } from '@cocoi/engine'
import type { ModelProto } from '@cocoi/onnx'
import { streamModel, ZOO, type ZooName } from '@cocoi/zoo'
import { expect } from 'chai'
import {
  elements,
  floats,
  load,
  noiseImage,
  rootMeanSquare,
  tiledImage,
  writeWeights,
} from './zoo-session.ts'

/** Multiply-adds that torchvision publishes for its own models, in thousand millions. */
const multiplyAdds: Record<ZooName, number> = {
  vgg16: 15.47,
  resnet18: 1.814,
  resnet50: 4.089,
  mobilenetv2: 0.301,
}

/** The convolutions of VGG16 come first in its weights; its dense layers, 494 MB, stay zeros here. */
const realBytes: Partial<Record<ZooName, number>> = { vgg16: 4 * 14_714_688 }

/** Two per multiply-add, from the shapes that onnxruntime computes. */
function flopsOf(model: ModelProto, shapes: Record<string, number[]>): number {
  const weights = new Map(model.graph!.initializer.map(tensor => [tensor.name, tensor]))
  const layers = model.graph!.node.filter(({ opType }) => ['Conv', 'Gemm'].includes(opType))
  return layers.reduce((total, { input, output }) => {
    const weight = weights.get(input[1]!)!
    const outputs = shapes[output[0]!]!.reduce((product, size) => product * size, 1)
    return total + (2 * outputs * elements(weight)) / Number(weight.dims[0])
  }, 0)
}

for (const name of Object.keys(ZOO) as ZooName[]) {
  describe(`${name} in onnxruntime`, function () {
    this.timeout(60_000)
    let engine: Engine
    let folder: string
    let model: ModelProto
    let session: EngineSession

    before(async () => {
      engine = createEngine({ threads: 1 })
      folder = await mkdtemp(join(tmpdir(), 'cocoi-zoo-'))
      const streamed = streamModel(name, 1)
      model = streamed.model
      await writeWeights(folder, streamed, realBytes[name])
      const observed = ['Conv', 'Gemm', 'Relu', 'Clip', 'Add']
      session = await load(engine, { model, weightsFolder: folder }, observed)
    })
    after(async () => {
      await engine.close()
      await rm(folder, { recursive: true })
    })

    it("takes as many operations as torchvision's", async () => {
      const flops = flopsOf(model, await session.shapes({ input: noiseImage(1) }))
      expect(flops).to.equal(ZOO[name].flops)
      expect(flops / 2e9).to.be.closeTo(multiplyAdds[name], 0.005)
    })

    it('keeps the activations of every drawn layer of order 1', async () => {
      for (const input of [noiseImage(1), tiledImage(2)]) {
        const { outputs } = await session.run({ input })
        const drawn = Object.entries(outputs).filter(
          ([tensor]) => !realBytes[name] || tensor.startsWith('features'),
        )
        for (const [tensor, { data }] of drawn) {
          expect(rootMeanSquare(floats(data)), `root mean square of ${tensor}`).to.be.within(0.2, 4)
        }
      }
    })

    if (realBytes[name]) return

    it('gives logits up to about 10, other ones for another image', async () => {
      const logits = async (input: EngineTensor) => {
        const run = { fetches: ['logits'] }
        const { outputs } = await session.run({ input }, run)
        return floats(outputs.logits!.data)
      }
      const [one, other] = [await logits(noiseImage(1)), await logits(tiledImage(2))]
      expect(Math.max(...one.map(Math.abs))).to.be.within(1, 15)
      const difference = one.map((value, i) => value - other[i]!)
      expect(rootMeanSquare(difference)).to.be.above(0.1)
    })
  })
}
