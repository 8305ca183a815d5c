import { access, readdir, readFile, symlink, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { BlobError, BlobStore } from '@cocoi/blobs'
import { expect } from 'chai'
import { rejectionCode } from './rejection.ts'
import { seededBytes, sha256 } from './seeded-bytes.ts'
import { removeTemporaryFolders, temporaryFolder } from './temporary-folder.ts'

const EMPTY_SHA = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'

describe('blob store', () => {
  let store: BlobStore
  beforeEach(async () => {
    store = await BlobStore.open(join(await temporaryFolder(), 'not', 'yet', 'there'))
  })
  after(removeTemporaryFolders)

  it('keeps bytes under their SHA-256 and leaves nothing else in the folder', async () => {
    const bytes = seededBytes(1_500_000)
    const sha = await store.put(bytes)
    expect(sha).to.equal(sha256(bytes))
    expect(await store.has(sha)).to.equal(true)
    expect(await store.size(sha)).to.equal(bytes.length)
    expect(sha256(await readFile(store.path(sha)))).to.equal(sha)
    expect(await store.put(bytes)).to.equal(sha)
    expect(await readdir(store.folder)).to.deep.equal([sha])
  })

  it('keeps the empty blob', async () => {
    expect(await store.put(new Uint8Array())).to.equal(EMPTY_SHA)
    expect(await store.size(EMPTY_SHA)).to.equal(0)
    expect(await store.verify(EMPTY_SHA)).to.equal(true)
  })

  it('copies a file, or a range of it', async () => {
    const bytes = seededBytes(1_200_000)
    const path = join(await temporaryFolder(), 'weights')
    await writeFile(path, bytes)
    expect(await store.putFile(path)).to.equal(sha256(bytes))
    const range = { offset: 4_097, length: 700_001 }
    const part = bytes.subarray(range.offset, range.offset + range.length)
    expect(await store.putFile(path, range)).to.equal(sha256(part))
  })

  it('refuses a range beyond the end of the file and leaves nothing behind', async () => {
    const path = join(await temporaryFolder(), 'weights')
    await writeFile(path, seededBytes(100))
    const code = await rejectionCode(store.putFile(path, { offset: 90, length: 11 }))
    expect(code).to.equal('ERR_BLOB_RANGE')
    expect(await readdir(store.folder)).to.deep.equal([])
  })

  it('reads ranges, and says which of blob and range does not exist', async () => {
    const bytes = seededBytes(1000)
    const sha = await store.put(bytes)
    expect([...(await store.read(sha, 990, 10))]).to.deep.equal([...bytes.subarray(990)])
    expect(await rejectionCode(store.read(sha, 990, 11))).to.equal('ERR_BLOB_RANGE')
    expect(await rejectionCode(store.read(sha, -1, 1))).to.equal('ERR_BLOB_RANGE')
    expect(await rejectionCode(store.read(EMPTY_SHA, 0, 0))).to.equal('ERR_BLOB_MISSING')
  })

  it('notices a blob that has changed on the disk', async () => {
    const bytes = seededBytes(1000)
    const sha = await store.put(bytes)
    expect(await store.verify(sha)).to.equal(true)
    bytes[500]! ^= 1
    await writeFile(store.path(sha), bytes)
    expect(await store.verify(sha)).to.equal(false)
    expect(await store.verify(EMPTY_SHA)).to.equal(false)
  })

  it('trusts a blob until its file is written to or replaced', async () => {
    const bytes = seededBytes(1000)
    const sha = await store.put(bytes)
    expect(await store.isIntact(sha)).to.equal(true)
    await store.touch(sha)
    expect(await store.isIntact(sha)).to.equal(true)
    await writeFile(store.path(sha), bytes.with(500, bytes[500]! ^ 1), { flag: 'r+' })
    expect(await store.isIntact(sha)).to.equal(false)
    await store.touch(sha)
    expect(await store.isIntact(sha)).to.equal(false)
    await store.put(bytes)
    expect(await store.isIntact(sha)).to.equal(true)
    await store.remove(sha)
    expect(await store.isIntact(sha)).to.equal(false)
  })

  it('makes no path of anything but a digest', () => {
    const names = ['', '.', '../x', `../${EMPTY_SHA}`, `${EMPTY_SHA}\n`, EMPTY_SHA.toUpperCase()]
    for (const name of names) {
      expect(() => store.path(name), JSON.stringify(name)).to.throw(BlobError, 'SHA-256')
    }
  })

  it('gives up the least recently used blobs, none that is in use', async () => {
    const shas = []
    for (const [index, seed] of [1, 2, 3, 4].entries()) {
      const sha = await store.put(seededBytes(1000, seed))
      await utimes(store.path(sha), 1000 + index, 1000 + index)
      shas.push(sha)
    }
    await store.touch(shas[1]!)
    expect(await store.keepWithin(4000, new Set())).to.deep.equal([])
    const evicted = await store.keepWithin(2500, new Set([shas[0]!]))
    expect(evicted).to.deep.equal([shas[2], shas[3]])
    expect(await store.keepWithin(0, new Set(shas))).to.deep.equal([])
  })

  it('counts parts towards its size and spares the one being fetched', async () => {
    const part = await store.openPart(EMPTY_SHA)
    await part.append(seededBytes(1000))
    expect(await store.keepWithin(0, new Set())).to.deep.equal([])
    await part.close()
    expect(await store.keepWithin(0, new Set())).to.deep.equal([EMPTY_SHA])
    expect(await readdir(store.folder)).to.deep.equal([])
  })

  it('touches neither foreign files nor young copies of other processes', async () => {
    const names = ['labels.txt', '.incoming-young', '.incoming-old']
    for (const name of names) await writeFile(join(store.folder, name), 'x')
    await utimes(join(store.folder, '.incoming-old'), 1000, 1000)
    const again = await BlobStore.open(store.folder)
    await again.keepWithin(0, new Set())
    expect(await readdir(store.folder)).to.have.members(['labels.txt', '.incoming-young'])
  })

  it('stores the same bytes many times at once', async () => {
    const bytes = seededBytes(300_000)
    const shas = await Promise.all(Array.from({ length: 8 }, () => store.put(bytes)))
    expect(new Set(shas)).to.deep.equal(new Set([sha256(bytes)]))
    expect(await readdir(store.folder)).to.deep.equal([shas[0]])
  })

  it('explains a disk that is full and removes the part', async function () {
    const full = await access('/dev/full').then(
      () => true,
      () => false,
    )
    if (!full) this.skip()
    await symlink('/dev/full', `${store.path(EMPTY_SHA)}.part`)
    const part = await store.openPart(EMPTY_SHA)
    expect(await rejectionCode(part.append(seededBytes(1000)))).to.equal('ERR_DISK_FULL')
    await part.close()
    expect(await readdir(store.folder)).to.deep.equal([])
  })
})
