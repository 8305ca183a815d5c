import { mkdir, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ModelRepository } from '@cocoi/models'
import { serializeModel, setExternal } from '@cocoi/onnx'
import { expect } from 'chai'
import { expectModelError } from './model-error.ts'
import { classifier, entryOf } from './small-models.ts'
import { removeTemporaryFolders, temporaryFolder } from './temporary-folder.ts'

describe('model repository', () => {
  let folder: string
  let source: string
  let repository: ModelRepository

  beforeEach(async () => {
    folder = join(await temporaryFolder(), 'models')
    source = (await entryOf(await temporaryFolder(), classifier())).modelPath
    repository = await ModelRepository.open(folder)
  })
  afterEach(removeTemporaryFolders)

  it('adds a model with configuration and labels and finds it again', async () => {
    const config = { input: { resize: 'letterbox' as const }, scheme: 'mds:4,3' }
    const labels = ['cat', 'dog']
    const added = await repository.add('pets', source, { config, labels })
    expect(added).to.deep.include({ name: 'pets', version: '1', config, labels })
    expect(added.modelPath).to.equal(join(folder, 'pets', '1', 'model.onnx'))
    expect(await repository.find('pets')).to.deep.equal(added)
    expect(await repository.list()).to.deep.equal([added])
    expect(await readdir(folder)).to.deep.equal(['pets'])
  })

  it('uses the highest version, as a number', async () => {
    await repository.add('pets', source, { version: '9' })
    expect((await repository.add('pets', source)).version).to.equal('10')
    expect((await repository.find('pets')).modelPath).to.include(join('pets', '10'))
    await expectModelError('ERR_MODEL_EXISTS', ['version 9'], () =>
      repository.add('pets', source, { version: '9' }),
    )
  })

  it('copies the weights beside a model along', async () => {
    const model = classifier()
    const tensor = model.graph!.initializer[0]!
    const place = { location: 'data/w.bin', offset: 0, length: tensor.rawData.length }
    const from = await temporaryFolder()
    await mkdir(join(from, 'data'))
    await writeFile(join(from, 'data', 'w.bin'), tensor.rawData)
    model.graph!.initializer[0] = setExternal(tensor, place)
    const { modelPath } = await entryOf(from, model)
    await repository.add('pets', modelPath)
    expect(await readdir(join(folder, 'pets', '1', 'data'))).to.deep.equal(['w.bin'])
  })

  it('finds files that were put there by hand', async () => {
    await writeFile(join(folder, 'plain.onnx'), serializeModel(classifier()))
    await mkdir(join(folder, 'folder'))
    await writeFile(join(folder, 'folder', 'model.onnx'), serializeModel(classifier()))
    const names = (await repository.list()).map(({ name }) => name)
    expect(names).to.deep.equal(['folder', 'plain'])
  })

  it('notices that a file has changed by the fingerprint', async () => {
    const before = await repository.add('pets', source)
    await writeFile(join(folder, 'pets', 'labels.txt'), 'cat\r\ndog\r\n')
    const after = await repository.find('pets')
    expect(after.fingerprint).to.not.equal(before.fingerprint)
    expect(after.labels).to.deep.equal(['cat', 'dog'])
  })

  it('refuses what is no model and leaves nothing of it', async () => {
    const page = join(await temporaryFolder(), 'page.onnx')
    await writeFile(page, '<html>')
    await expectModelError('ERR_NOT_ONNX', [page], () => repository.add('pets', page))
    expect(await readdir(folder)).to.deep.equal([])
  })

  it('lists the known models when one is not known, and guesses', async () => {
    await repository.add('squeezenet', source)
    await expectModelError('ERR_UNKNOWN_MODEL', ['known are squeezenet', 'did you mean'], () =>
      repository.find('squeezent'),
    )
    await expectModelError('ERR_UNKNOWN_MODEL', ['../etc'], () => repository.find('../etc'))
  })

  it('lists the sound models and tells what is wrong with the others', async () => {
    await repository.add('pets', source)
    await mkdir(join(folder, 'empty'))
    const problems: string[] = []
    const entries = await repository.list((name, { code }) => problems.push(`${name} ${code}`))
    expect(entries.map(({ name }) => name)).to.deep.equal(['pets'])
    expect(problems).to.deep.equal(['empty ERR_MODEL_FILE'])
    await expectModelError('ERR_MODEL_FILE', ['"empty"'], () => repository.list())
  })

  it('removes a model', async () => {
    await repository.add('pets', source)
    await repository.remove('pets')
    expect(await readdir(folder)).to.deep.equal([])
    await expectModelError('ERR_UNKNOWN_MODEL', ['is empty'], () => repository.remove('pets'))
  })

  it('refuses names that are no topic level', async () => {
    await expectModelError('ERR_BAD_MODEL_NAME', ['"a/b"'], () => repository.add('a/b', source))
  })

  const badConfigs: [config: string, words: string[]][] = [
    ['{"input": {"meen": [0]}}', ['"input.meen"', 'did you mean "mean"']],
    ['{"shceme": "mds"}', ['"shceme"', 'did you mean "scheme"']],
    ['{"color": 1}', ['"color"', 'known are name, platform']],
    ['{"input": {"std": [0]}}', ['"input.std"', '[0]', 'must not be 0']],
    ['{"transport": "float8"}', ['"transport"', '"float8"', 'float16']],
    ['{"name": "vgg"}', ['"vgg"', '"pets"']],
    ['{"name": ', ['not JSON']],
    ['[]', ['[]', 'object']],
    ['{"name": {}}', ['"name"', 'a section']],
  ]
  it('explains a config.json in few words, whatever is in it', async () => {
    await repository.add('pets', source)
    const nested = `${'['.repeat(100_000)}${']'.repeat(100_000)}`
    for (const text of [`{"name": ${nested}}`, `{"${'x'.repeat(100_000)}": 1}`, nested]) {
      await writeFile(join(folder, 'pets', 'config.json'), text)
      const error = await repository.find('pets').then(String, String)
      expect(error.length).to.be.below(1000)
      expect(error).to.include('config.json')
    }
  })

  for (const [text, words] of badConfigs) {
    it(`explains what is wrong with ${text} as config.json`, async () => {
      await repository.add('pets', source)
      await writeFile(join(folder, 'pets', 'config.json'), text)
      await expectModelError('ERR_BAD_CONFIG', words, () => repository.find('pets'))
    })
  }

  const badLabels: [text: string | Uint8Array, words: string[]][] = [
    ['', ['is empty']],
    ['cat\n\ndog\n', ['line 2', 'class 1']],
    [`${'x'.repeat(300)}\n`, ['line 1', '300 characters']],
    [Uint8Array.of(0xff, 0xfe, 0x41, 0), ['not UTF-8']],
  ]
  for (const [text, words] of badLabels) {
    it(`refuses labels.txt: ${words.join(', ')}`, async () => {
      await repository.add('pets', source)
      await writeFile(join(folder, 'pets', 'labels.txt'), text)
      await expectModelError('ERR_BAD_LABELS', words, () => repository.find('pets'))
    })
  }
})
