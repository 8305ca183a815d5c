import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { modelNameOf, parseInputArgument, withDistinctNames } from '@cocoi/cli'
import { expect } from 'chai'

describe('input of the command line', () => {
  it('is an image unless it ends in .npy', () => {
    expect(parseInputArgument('data.npy.d/a=b,c.jpg')).to.deep.equal({
      kind: 'image',
      files: [{ path: 'data.npy.d/a=b,c.jpg' }],
    })
  })

  it('names the inputs of a model before their files', () => {
    expect(parseInputArgument('left=a.npy,right=b.npy')).to.deep.equal({
      kind: 'tensors',
      files: [
        { name: 'left', path: 'a.npy' },
        { name: 'right', path: 'b.npy' },
      ],
    })
    expect(parseInputArgument('a.npy').files).to.deep.equal([{ path: 'a.npy' }])
  })

  it('is a file that is there, whatever signs its name has', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'cocoi-cli-'))
    const path = join(folder, 'run=3,seed=1.npy')
    await writeFile(path, '')
    expect(parseInputArgument(path).files).to.deep.equal([{ path }])
    await rm(folder, { recursive: true })
  })
})

describe('names made from files', () => {
  it('of a model may stand in a topic', () => {
    const paths = ['a/face-rfb-320.onnx', '-x y.onnx', 'модель.onnx', `${'m'.repeat(70)}.onnx`]
    expect(paths.map(modelNameOf)).to.deep.equal([
      ...['face-rfb-320', 'x-y', 'model', 'm'.repeat(64)],
    ])
  })

  it('of inputs do not collide when their outputs are saved', () => {
    const inputs = ['photo.jpg', 'photo.jpg', 'photo jpg', 'other.jpg'].map(name => ({ name }))
    const names = withDistinctNames(inputs).map(({ name }) => name)
    expect(names).to.deep.equal(['photo.jpg', 'photo.jpg-2', 'photo jpg-3', 'other.jpg'])
  })
})
