import { mkdir, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { requireFolder, ServiceError } from '@cocoi/service'
import { expect } from 'chai'
import { folderWith, removeFolders } from './temporary-folder.ts'

async function refusal(path: string): Promise<string> {
  const error = await requireFolder('device.state', path, 'write').catch((error: unknown) => error)
  expect(error).to.be.instanceOf(ServiceError)
  return (error as ServiceError).message
}

describe('folder of a setting', () => {
  let folder: string
  beforeEach(() => {
    folder = folderWith({})
  })
  after(removeFolders)

  it('is made with those above it, or taken as it is', async () => {
    const path = join(folder, 'a', 'b', 'c')
    await requireFolder('device.state', path, 'write')
    await requireFolder('device.state', path, 'read')
    expect((await stat(path)).isDirectory()).to.equal(true)
  })

  it('is refused, by the name of the setting, where a file is in the way', async () => {
    await writeFile(join(folder, 'file'), '')
    expect(await refusal(join(folder, 'file', 'state'))).to.equal(
      `device.state is "${join(folder, 'file', 'state')}", a folder that cannot be written: not a directory`,
    )
    expect(await refusal(join(folder, 'file'))).to.include('file already exists')
  })

  it('is refused where it may not be written', async function () {
    if (process.getuid?.() === 0) return this.skip()
    await mkdir(join(folder, 'mine'), { mode: 0o500 })
    expect(await refusal(join(folder, 'mine'))).to.include('permission denied')
  })

  it('is refused, and not tried for ever, where the system lets nobody make one', async function () {
    if (process.platform !== 'linux') return this.skip()
    expect(await refusal('/proc/cocoi/state')).to.include('no such file or directory')
  })
})
