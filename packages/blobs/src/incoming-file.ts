import { createHash, randomUUID } from 'node:crypto'
import { open, readdir, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { explainDiskFull } from './errors.ts'
import { syncFolder, writeAt } from './file-bytes.ts'

const PREFIX = '.incoming-'

/** A copy touches its file all the time: one that was left alone for an hour has no owner. */
const ABANDONED_AFTER_MS = 60 * 60 * 1000

type Slices = Iterable<Uint8Array> | AsyncIterable<Uint8Array>

/**
 * Writes the bytes under the name of their SHA-256, which is known only afterwards: they go to a
 * file with a random name that is renamed when it is complete and on the disk.
 *
 * @throws {BlobError} ERR_DISK_FULL
 */
export async function writeIncoming(folder: string, slices: Slices): Promise<string> {
  const path = join(folder, `${PREFIX}${randomUUID()}`)
  try {
    const sha = await writeHashed(path, slices)
    await rename(path, join(folder, sha))
    await syncFolder(folder)
    return sha
  } catch (error) {
    await rm(path, { force: true })
    throw explainDiskFull(error, path)
  }
}

async function writeHashed(path: string, slices: Slices): Promise<string> {
  const hash = createHash('sha256')
  const handle = await open(path, 'wx')
  try {
    let offset = 0
    for await (const slice of slices) {
      hash.update(slice)
      await writeAt(handle, offset, slice)
      offset += slice.length
    }
    await handle.sync()
    return hash.digest('hex')
  } finally {
    await handle.close()
  }
}

/** Removes files whose writer died. */
export async function removeAbandoned(folder: string): Promise<void> {
  const names = await readdir(folder)
  for (const name of names.filter(name => name.startsWith(PREFIX))) {
    const path = join(folder, name)
    const file = await stat(path).catch(() => undefined)
    if (file && Date.now() - file.mtimeMs > ABANDONED_AFTER_MS) await rm(path, { force: true })
  }
}
