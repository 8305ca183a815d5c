import { readFile } from 'node:fs/promises'
import { basename } from 'node:path'
import { preprocessImage } from '@cocoi/models'
import { expect } from 'chai'
import { relativeError, runPlain, wave } from './plain-runtime.ts'
import { Workshop } from './preparation.ts'
import { describeShared, sharedFiles } from './shared-files.ts'
import { entryAt } from './small-models.ts'
import { removeTemporaryFolders, temporaryFolder } from './temporary-folder.ts'

const models = sharedFiles('models', '.onnx')
const photos = sharedFiles('images', '.jpg')
const faceModel = models.find(path => basename(path) === 'face-rfb-320.onnx')
const faceConfig = { input: { mean: [127], std: [128], scale: 1 } }

describeShared('models of the ONNX project and a face detector', models, () => {
  let workshop: Workshop

  before(async () => {
    workshop = await Workshop.open(await temporaryFolder())
  })
  after(async () => {
    await workshop.engine.close()
    await removeTemporaryFolders()
  })

  for (const path of models) {
    it(`${basename(path)} gives the answer of the original`, async function () {
      this.timeout(120_000)
      const prepared = await workshop.prepare(entryAt(path))
      const inputs = Object.fromEntries(prepared.inputs.map(({ name, dims }) => [name, wave(dims)]))
      const want = await runPlain(path, inputs)
      const got = await workshop.run(prepared, inputs)
      expect(Object.keys(got)).to.deep.equal(Object.keys(want))
      for (const [name, values] of Object.entries(want)) {
        expect(relativeError(got[name]!, values), name).to.be.below(1e-4)
      }
    })
  }

  for (const path of faceModel ? photos : []) {
    const people = basename(path).startsWith('faces')
    it(`${people ? 'finds faces in' : 'reads'} ${basename(path)}`, async () => {
      const prepared = await workshop.prepare(entryAt(faceModel!, faceConfig))
      const image = await readFile(path)
      const input = await preprocessImage(image, prepared, faceConfig, { maxPixels: 5e7 })
      expect(input)
        .to.include({ type: 'float32' })
        .and.deep.include({ dims: [1, 3, 240, 320] })
      const { scores } = await workshop.run(prepared, { input })
      const best = scores!.reduce((top, score, i) => (i % 2 ? Math.max(top, score) : top), 0)
      if (people) expect(best).to.be.above(0.9)
    })
  }
})
