import { createHash } from 'node:crypto'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createEngine, type Engine } from '@cocoi/engine'
import { externalLocation, parseModel, serializeModel } from '@cocoi/onnx'
import { buildModel, streamModel } from '@cocoi/zoo'
import { expect } from 'chai'
import { floats, noiseImage, rootMeanSquare } from './zoo-session.ts'

describe('streamModel', function () {
  this.timeout(30_000)
  let folder: string
  let engine: Engine
  before(async () => {
    engine = createEngine({ threads: 1 })
    folder = await mkdtemp(join(tmpdir(), 'cocoi-zoo-'))
  })
  after(async () => {
    await engine.close()
    await rm(folder, { recursive: true })
  })

  it('gives the weights of buildModel, each where the graph says', () => {
    const { model, weights, weightsBytes } = streamModel('mobilenetv2', 7, 'w.bin')
    const file = Buffer.concat([...weights()])
    expect(file.length).to.equal(weightsBytes)
    const inline = new Map(
      buildModel('mobilenetv2', 7).model.graph!.initializer.map(tensor => [tensor.name, tensor]),
    )
    for (const tensor of model.graph!.initializer) {
      const at = externalLocation(tensor)
      if (!at) continue
      const { dims, rawData } = inline.get(tensor.name)!
      expect(tensor.dims).to.deep.equal(dims)
      expect(at.location).to.equal('w.bin')
      const same = file.subarray(at.offset, at.offset + at.length).equals(rawData)
      expect(same, tensor.name).to.equal(true)
    }
  })

  it('writes two files that onnxruntime runs like the model in one, and whose BatchNorms fold', async () => {
    const { model, weights } = streamModel('resnet18', 1)
    await writeFile(join(folder, 'model.onnx'), serializeModel(model))
    await writeFile(join(folder, 'weights.bin'), weights())
    const path = join(folder, 'model.onnx')
    const normalFolder = join(folder, 'normalised')
    await mkdir(normalFolder)
    const normal = await engine.normalise({ path }, { outputFolder: normalFolder })
    const answer = async (bytes: Uint8Array, weightsFolder: string) => {
      const session = await engine.load(bytes, { weightsFolder })
      const { outputs } = await session.run({ input: noiseImage(3) })
      return floats(outputs.logits!.data)
    }
    const want = await answer(serializeModel(buildModel('resnet18', 1).model), folder)
    expect(await answer(await readFile(path), folder)).to.deep.equal(want)
    const left = parseModel(normal.graph).graph!.node.map(({ opType }) => opType)
    expect(left).not.to.include('BatchNormalization')
    const folded = await answer(normal.graph, normalFolder)
    expect(rootMeanSquare(folded.map((value, i) => value - want[i]!))).to.be.below(1e-4)
  })

  it('draws VGG16 lazily, in chunks of 1 MiB', () => {
    const { weights, weightsBytes, model } = streamModel('vgg16', 1)
    expect(weightsBytes).to.equal(4 * 138_357_544)
    expect(serializeModel(model).length).to.be.below(100_000)
    const first = weights().next().value!
    expect(first.length).to.equal(2 ** 20)
    expect(createHash('sha256').update(first).digest('hex')).to.equal(
      'f58e2a4f3a4416a2b09f4fefd1b53f1606cd3c1993033156583bf07ffc5257f5',
    )
  })
})
