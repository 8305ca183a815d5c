import { readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createEngine } from '@cocoi/engine'
import { prepareModel } from '@cocoi/models'
import { expect } from 'chai'
import { Workshop } from './preparation.ts'
import { classifier, entryOf, keepWeightsIn } from './small-models.ts'
import { removeTemporaryFolders, temporaryFolder } from './temporary-folder.ts'

describe('memory of prepared models', () => {
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

  it('loads a prepared model again without onnxruntime', async () => {
    const entry = await entryOf(folder, classifier())
    const first = await workshop.prepare(entry)
    const engine = createEngine()
    await engine.close()
    const { store, cacheFolder } = workshop
    const again = await prepareModel(entry, { engine, store, cacheFolder })
    expect(again).to.deep.equal(first)
  })

  it('prepares again when a blob or the memory of it is gone or damaged', async () => {
    const entry = await entryOf(folder, classifier())
    const first = await workshop.prepare(entry)
    await workshop.store.remove(first.blobs[0]!)
    expect(await workshop.prepare(entry)).to.deep.equal(first)
    await writeFile(workshop.store.path(first.blobs[0]!), 'damaged', { flag: 'r+' })
    expect(await workshop.prepare(entry)).to.deep.equal(first)
    expect(await workshop.store.verify(first.blobs[0]!)).to.equal(true)
    const [record] = await readdir(workshop.cacheFolder)
    await writeFile(join(workshop.cacheFolder, record!), '{"half')
    expect(await workshop.prepare(entry)).to.deep.equal(first)
  })

  it('prepares again when only the file beside the model changed', async () => {
    const model = classifier()
    await keepWeightsIn(model, folder, 'weights.data')
    const entry = await entryOf(folder, model)
    const before = await workshop.prepare(entry)
    await writeFile(join(folder, 'weights.data'), Buffer.alloc(64 + 19200, 1))
    const after = await workshop.prepare(entry)
    expect(after.blobs).to.not.deep.equal(before.blobs)
  })

  it('prepares again for other sizes', async () => {
    const model = classifier(['N', 3, 'height', 'width'])
    const small = await entryOf(folder, model, { input: { size: [16, 16] } })
    const large = { ...small, config: { dimensions: { height: 32, width: 32 } } }
    const before = await workshop.prepare(small)
    expect((await workshop.prepare(large)).inputs[0]!.dims).to.deep.equal([1, 3, 32, 32])
    expect(await workshop.prepare(small)).to.deep.equal(before)
  })
})
