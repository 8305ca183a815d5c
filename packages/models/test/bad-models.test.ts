import { join } from 'node:path'
import type { ModelConfig } from '@cocoi/models'
import { makeModel, makeNode, makeValueInfo, serializeModel, setExternal } from '@cocoi/onnx'
import { expectModelError } from './model-error.ts'
import { Workshop } from './preparation.ts'
import { classifier, entryAt, entryOf } from './small-models.ts'
import { removeTemporaryFolders, temporaryFolder } from './temporary-folder.ts'

describe('a model that cannot be prepared is told apart', () => {
  let folder: string
  let workshop: Workshop

  before(async () => {
    folder = await temporaryFolder()
    workshop = await Workshop.open(folder)
  })
  after(async () => {
    await workshop.engine.close()
    await removeTemporaryFolders()
  })

  async function prepare(...[model, config]: [Parameters<typeof entryOf>[1], ModelConfig?]) {
    return workshop.prepare(await entryOf(folder, model, config))
  }

  it('a file that is not there', async () => {
    const path = join(folder, 'nowhere.onnx')
    await expectModelError('ERR_MODEL_FILE', [path, 'no such file'], () =>
      workshop.prepare(entryAt(path)),
    )
  })

  it('a file of another kind', async () => {
    const page = Buffer.from('<html>404 Not Found</html>')
    await expectModelError('ERR_NOT_ONNX', ['model.onnx', '<html>'], () => prepare(page))
    await expectModelError('ERR_NOT_ONNX', ['0 bytes'], () => prepare(new Uint8Array()))
  })

  it('a file that was cut short', async () => {
    const bytes = serializeModel(classifier())
    const half = bytes.subarray(0, bytes.length / 2)
    await expectModelError('ERR_ONNX_TRUNCATED', ['cut short'], () => prepare(half))
  })

  it('weights beside the model that are missing or cut short', async () => {
    const model = classifier()
    const tensors = model.graph!.initializer
    tensors[0] = setExternal(tensors[0]!, { location: 'w.data', offset: 0, length: 19200 })
    await expectModelError('ERR_EXTERNAL_DATA', ['"w.data"', folder], () => prepare(model))
    tensors[0] = setExternal(tensors[0]!, { location: 'model.onnx', offset: 0, length: 19200 })
    await expectModelError('ERR_EXTERNAL_DATA', ['up to byte 19200'], () => prepare(model))
    tensors[0] = setExternal(tensors[0]!, {
      location: '../../etc/shadow',
      offset: 0,
      length: 19200,
    })
    await expectModelError('ERR_ONNX_EXTERNAL_DATA', ['../../etc/shadow'], () => prepare(model))
  })

  it('an input of strings', async () => {
    const model = makeModel({
      name: 'words',
      nodes: [makeNode('Identity', ['text'], ['same'])],
      inputs: [makeValueInfo('text', 'string', [1])],
      outputs: [makeValueInfo('same', 'string', [1])],
    })
    await expectModelError('ERR_UNSUPPORTED_TYPE', ['input "text"', 'string'], () => prepare(model))
  })

  it('a dimension that the configuration leaves open', async () => {
    const model = classifier(['N', 3, 'height', 24])
    await expectModelError('ERR_SYMBOLIC_SHAPE', ['"height"', 'image[2]'], () => prepare(model))
    const nameless = classifier(['N', 3, '', 24])
    await expectModelError('ERR_SYMBOLIC_SHAPE', ['"image[2]"'], () => prepare(nameless))
  })

  it('a size for a dimension that the model does not have', async () => {
    const model = classifier(['N', 3, 'height', 24])
    await expectModelError('ERR_BAD_CONFIG', ['"hieght"', 'did you mean "height"'], () =>
      prepare(model, { dimensions: { hieght: 24 } }),
    )
  })

  it('an image size that is not the model’s', async () => {
    await expectModelError('ERR_BAD_CONFIG', ['[32,32]', 'is 16'], () =>
      prepare(classifier(), { input: { size: [32, 32] } }),
    )
  })

  it('labels for another number of classes', async () => {
    const entry = { ...(await entryOf(folder, classifier())), labels: ['cat', 'dog'] }
    await expectModelError('ERR_BAD_LABELS', ['2 classes', 'has 64'], () => workshop.prepare(entry))
  })

  it('a graph that onnxruntime refuses', async () => {
    const model = classifier()
    model.graph!.node[0]!.input[0] = 'picture'
    await expectModelError('ERR_MODEL_REJECTED', ['picture'], () => prepare(model))
  })
})
