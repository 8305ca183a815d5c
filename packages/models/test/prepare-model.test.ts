import { mkdir, readdir, rename, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { type ModelEntry, prepareModel } from '@cocoi/models'
import {
  externalLocation,
  floatTensor,
  makeModel,
  makeNode,
  makeValueInfo,
  tensorShapes,
} from '@cocoi/onnx'
import { expect } from 'chai'
import { expectModelError } from './model-error.ts'
import { relativeError, runPlain, wave, waveFloats } from './plain-runtime.ts'
import { Workshop } from './preparation.ts'
import { classifier, detector, entryAt, entryOf, keepWeightsIn } from './small-models.ts'
import { removeTemporaryFolders, temporaryFolder } from './temporary-folder.ts'

describe('prepareModel', () => {
  let folder: string
  let workshop: Workshop

  beforeEach(async () => {
    folder = await temporaryFolder()
    workshop = await Workshop.open(folder)
  })
  afterEach(async () => {
    await workshop.engine.close()
    await removeTemporaryFolders()
  })

  async function expectSameAnswer(entry: ModelEntry, dims: number[], output = 'logits') {
    const prepared = await workshop.prepare(entry)
    const inputs = { image: wave(dims) }
    const want = await runPlain(entry.modelPath, inputs)
    const got = await workshop.run(prepared, inputs)
    expect(relativeError(got[output]!, want[output]!)).to.be.below(1e-5)
    return prepared
  }

  it('gives the answer of the original, from weights named by their hash', async () => {
    const prepared = await expectSameAnswer(await entryOf(folder, classifier()), [1, 3, 16, 16])
    const external = prepared.graph.graph!.initializer.map(externalLocation).filter(place => place)
    expect(external).to.deep.equal([{ location: prepared.blobs[0], offset: 0, length: 19200 }])
    expect(prepared.weightsFolder).to.equal(workshop.store.folder)
    for (const sha of [prepared.graphSha, ...prepared.blobs]) {
      expect(await workshop.store.verify(sha)).to.equal(true)
    }
  })

  it('states the type and shape of inputs, outputs and everything between', async () => {
    const prepared = await workshop.prepare(await entryOf(folder, classifier()))
    expect(prepared.inputs).to.deep.equal([
      { name: 'image', type: 'float32', dims: [1, 3, 16, 16] },
    ])
    expect(prepared.outputs).to.deep.equal([{ name: 'logits', type: 'float32', dims: [1, 64] }])
    const shapes = tensorShapes(prepared.graph)
    for (const { output } of prepared.graph.graph!.node) {
      expect(shapes.has(output[0]!), output[0]).to.equal(true)
    }
  })

  it('takes an open batch as 1 and other open dimensions from the configuration', async () => {
    const model = classifier(['N', 3, 'height', 'width'])
    const config = { dimensions: { height: 20, width: 24 } }
    const entry = await entryOf(folder, model, config)
    const { inputs, outputs } = await expectSameAnswer(entry, [1, 3, 20, 24])
    expect(inputs[0]!.dims).to.deep.equal([1, 3, 20, 24])
    expect(outputs[0]!.dims).to.deep.equal([1, 64])
  })

  it('takes open dimensions of an image from input.size', async () => {
    const model = classifier(['N', 3, 'height', 'width'])
    const entry = await entryOf(folder, model, { input: { size: [20, 24] } })
    expect((await workshop.prepare(entry)).inputs[0]!.dims).to.deep.equal([1, 3, 20, 24])
  })

  it('reads weights beside the model', async () => {
    const model = classifier()
    await keepWeightsIn(model, folder, 'weights.data')
    await expectSameAnswer(await entryOf(folder, model), [1, 3, 16, 16])
  })

  it('follows symbolic links to the model and to its weights', async () => {
    const model = classifier()
    await mkdir(join(folder, 'elsewhere'))
    await mkdir(join(folder, 'linked'))
    await keepWeightsIn(model, folder, 'weights.data')
    const { modelPath } = await entryOf(folder, model)
    await rename(join(folder, 'weights.data'), join(folder, 'elsewhere', 'blob'))
    await symlink('../elsewhere/blob', join(folder, 'linked', 'weights.data'))
    await symlink(modelPath, join(folder, 'linked', 'model.onnx'))
    const prepared = await workshop.prepare(entryAt(join(folder, 'linked', 'model.onnx')))
    expect(prepared.blobs).to.have.length(1)
  })

  it('freezes weights that an old model lists among its inputs, kept as numbers', async () => {
    const model = classifier([1, 3, 16, 16], { irVersion: 3, opset: 9 })
    const graph = model.graph!
    for (const tensor of graph.initializer) {
      graph.input.push(makeValueInfo(tensor.name, 'float32', tensor.dims.map(Number)))
      tensor.floatData = [...new Float32Array(tensor.rawData.slice().buffer)]
      tensor.rawData = new Uint8Array()
    }
    const { inputs } = await expectSameAnswer(await entryOf(folder, model), [1, 3, 16, 16])
    expect(inputs.map(({ name }) => name)).to.deep.equal(['image'])
  })

  it('reads the weights of both branches of an If', async () => {
    const branch = (name: string, step: number) => {
      const weights = floatTensor(`${name}W`, [64, 64], waveFloats([64, 64], step))
      return makeModel({
        name,
        nodes: [makeNode('MatMul', ['flat', `${name}W`], [name])],
        inputs: [],
        outputs: [makeValueInfo(name, 'float32', [1, 64])],
        initializers: [weights],
      }).graph!
    }
    const branches = { then_branch: branch('yes', 0.3), else_branch: branch('no', 0.9) }
    const model = makeModel({
      name: 'choice',
      nodes: [
        makeNode('Flatten', ['image'], ['flat']),
        makeNode('ReduceSum', ['image'], ['sum'], { keepdims: 0 }),
        makeNode('Cast', ['sum'], ['positive'], { to: 9 }),
        makeNode('If', ['positive'], ['logits'], branches),
      ],
      inputs: [makeValueInfo('image', 'float32', [1, 1, 8, 8])],
      outputs: [makeValueInfo('logits', 'float32', [1, 64])],
    })
    await expectSameAnswer(await entryOf(folder, model), [1, 1, 8, 8])
  })

  it('states no shape for tensors whose shape depends on the data', async () => {
    const entry = await entryOf(folder, detector())
    const prepared = await expectSameAnswer(entry, [1, 4, 8, 8], 'selected')
    expect(prepared.outputs).to.deep.equal([{ name: 'selected', type: 'float32', dims: [-1, 3] }])
    const shapes = tensorShapes(prepared.graph)
    expect(shapes.get('c')).to.deep.equal([1, 4, 8, 8])
    expect(shapes.has('kept')).to.equal(false)
  })

  it('prepares models that make lists of tensors on the way', async () => {
    const model = makeModel({
      name: 'lists',
      nodes: [
        makeNode('SplitToSequence', ['image'], ['list'], { axis: 1 }),
        makeNode('ConcatFromSequence', ['list'], ['logits'], { axis: 2 }),
      ],
      inputs: [makeValueInfo('image', 'float32', [1, 3, 8, 8])],
      outputs: [makeValueInfo('logits', 'float32', ['a', 'b', 'c', 'd'])],
    })
    await expectSameAnswer(await entryOf(folder, model), [1, 3, 8, 8])
  })

  it('leaves nothing but the record in its folder, also after a failure', async () => {
    await workshop.prepare(await entryOf(folder, classifier()))
    const broken = makeNode('NoSuchOperator', ['image'], ['logits'])
    const entry = await entryOf(folder, classifier(undefined, { nodes: [broken] }))
    await expectModelError('ERR_MODEL_REJECTED', ['NoSuchOperator', entry.modelPath], () =>
      workshop.prepare(entry),
    )
    expect(await readdir(workshop.cacheFolder)).to.have.length(1)
  })

  it('tells each step in its order', async () => {
    const steps: string[] = []
    const { engine, store, cacheFolder } = workshop
    const onProgress = ({ step }: { step: string }) => steps.push(step)
    await prepareModel(await entryOf(folder, classifier()), {
      ...{ engine, store, cacheFolder, onProgress },
    })
    const order = ['hashing', 'reading', 'normalising', 'storing', 'checking', 'ready']
    expect([...new Set(steps)]).to.deep.equal(order)
  })
})
