import type { FileHandle } from 'node:fs/promises'
import { mkdir, open, readdir, rm, stat, utimes } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { BlobError, systemCode } from './errors.ts'
import { chooseEvictions, type StoredFile } from './eviction.ts'
import { hashFile, readAt, readSlices, SLICE_BYTES } from './file-bytes.ts'
import { removeAbandoned, writeIncoming } from './incoming-file.ts'
import { PartFile } from './part-file.ts'
import { isSha, requireSha } from './sha.ts'

const PART = '.part'

/** A range of a file, in bytes. */
export interface FileRange {
  readonly offset: number
  readonly length: number
}

/**
 * A folder of files named by their SHA-256. A file has its name only once it is complete and on the
 * disk; `<sha>.part` is the beginning of one that is being fetched. Every method that takes a name
 * throws ERR_BAD_SHA for anything but 64 lower-case hexadecimal digits.
 */
export class BlobStore {
  /** Absolute path. */
  readonly folder: string
  readonly #parts = new Set<string>()
  /** What the file of a blob looked like when it had the right digest. */
  readonly #intact = new Map<string, string>()

  private constructor(folder: string) {
    this.folder = folder
  }

  /** Creates the folder if need be, and removes what a killed process left half written. */
  static async open(folder: string): Promise<BlobStore> {
    const path = resolve(folder)
    await mkdir(path, { recursive: true })
    await removeAbandoned(path)
    return new BlobStore(path)
  }

  /** Where the blob is, or would be. */
  path(sha: string): string {
    return join(this.folder, requireSha(sha))
  }

  async has(sha: string): Promise<boolean> {
    return (await this.size(sha)) !== undefined
  }

  /** Length in bytes; undefined if the blob is not there. */
  async size(sha: string): Promise<number | undefined> {
    const file = await orAbsent(stat(this.path(sha)))
    return file?.isFile() ? file.size : undefined
  }

  /**
   * Stores the bytes; storing what is there already changes nothing.
   *
   * @returns their SHA-256
   * @throws {BlobError} ERR_DISK_FULL
   */
  put(bytes: Uint8Array): Promise<string> {
    return writeIncoming(this.folder, slicesOf(bytes))
  }

  /**
   * Stores a copy of a file, or of a range of it.
   *
   * @returns the SHA-256 of what was copied
   * @throws {BlobError} ERR_BLOB_RANGE if the file ends before the range does, ERR_DISK_FULL
   */
  async putFile(path: string, range?: FileRange): Promise<string> {
    const source = await open(path, 'r')
    try {
      const { size } = await source.stat()
      const { offset, length } = range ?? { offset: 0, length: size }
      requireRange(path, { offset, length }, size)
      return await writeIncoming(this.folder, readSlices(source, offset, length))
    } finally {
      await source.close()
    }
  }

  /**
   * The bytes of a range.
   *
   * @throws {BlobError} ERR_BLOB_MISSING, or ERR_BLOB_RANGE if the blob ends before the range does
   */
  async read(sha: string, offset: number, length: number): Promise<Uint8Array> {
    const handle = await this.openBlob(sha)
    if (!handle) throw new BlobError('ERR_BLOB_MISSING', `blob ${sha} is not in ${this.folder}`)
    try {
      requireRange(`blob ${sha}`, { offset, length }, (await handle.stat()).size)
      return await readAt(handle, offset, length)
    } finally {
      await handle.close()
    }
  }

  /** Opens a blob for reading and marks it as used; undefined if it is not there. */
  async openBlob(sha: string): Promise<FileHandle | undefined> {
    const handle = await orAbsent(open(this.path(sha), 'r'))
    if (handle) await this.touch(sha)
    return handle
  }

  /** Whether the blob is there and still has the digest it is named by. */
  async verify(sha: string): Promise<boolean> {
    const handle = await orAbsent(open(this.path(sha), 'r'))
    if (!handle) return false
    try {
      return (await hashFile(handle)) === sha
    } finally {
      await handle.close()
    }
  }

  /**
   * Whether the blob is there and is what its name says, as far as can be known without reading it
   * every time: it is hashed once, and again after its file was changed.
   */
  async isIntact(sha: string): Promise<boolean> {
    const stamp = await this.#stamp(sha)
    if (stamp === undefined) return false
    if (this.#intact.get(sha) === stamp) return true
    if (!(await this.verify(sha))) return false
    this.#intact.set(sha, stamp)
    return true
  }

  /** The caller has just found the blob to have its digest. */
  async markIntact(sha: string): Promise<void> {
    const stamp = await this.#stamp(sha)
    if (stamp !== undefined) this.#intact.set(sha, stamp)
  }

  /** Marks the blob as used just now; nothing happens if it is not there. */
  async touch(sha: string): Promise<void> {
    const wasIntact = this.#intact.has(sha) && this.#intact.get(sha) === (await this.#stamp(sha))
    const now = new Date()
    await orAbsent(utimes(this.path(sha), now, now))
    if (wasIntact) await this.markIntact(sha)
  }

  /** Removes the blob and what has been fetched of it; nothing happens if it is not there. */
  async remove(sha: string): Promise<void> {
    this.#intact.delete(sha)
    await rm(this.path(sha), { force: true })
    if (!this.#parts.has(sha)) await rm(this.path(sha) + PART, { force: true })
  }

  /**
   * Removes the least recently used blobs and parts until the rest fits into `maxBytes`. What is in
   * use or being fetched stays, so the rest may be larger.
   *
   * @param inUse also what is about to be used, so that it does not go between fetch and use
   * @returns names of what was removed
   */
  async keepWithin(maxBytes: number, inUse: ReadonlySet<string>): Promise<string[]> {
    const kept = new Set([...inUse, ...this.#parts])
    const evictions = chooseEvictions(await this.#files(), maxBytes, kept)
    for (const { path, sha } of evictions) {
      this.#intact.delete(sha)
      await rm(path, { force: true })
    }
    return [...new Set(evictions.map(({ sha }) => sha))]
  }

  /** The beginning of a blob to be fetched; one holder at a time. */
  async openPart(sha: string): Promise<PartFile> {
    const finalPath = this.path(sha)
    const onClose = () => this.#parts.delete(sha)
    this.#parts.add(sha)
    try {
      return await PartFile.open({ sha, path: finalPath + PART, finalPath, onClose })
    } catch (error) {
      onClose()
      throw error
    }
  }

  /** Changes with every write to the file, and when another one takes its place. */
  async #stamp(sha: string): Promise<string | undefined> {
    const file = await orAbsent(stat(this.path(sha), { bigint: true }))
    return file && `${file.ino} ${file.size} ${file.ctimeNs}`
  }

  async #files(): Promise<StoredFile[]> {
    const names = await readdir(this.folder)
    const files = names.map(async name => {
      const sha = name.endsWith(PART) ? name.slice(0, -PART.length) : name
      const path = join(this.folder, name)
      const file = isSha(sha) ? await orAbsent(stat(path)) : undefined
      return file?.isFile() ? { sha, path, bytes: file.size, usedAtMs: file.mtimeMs } : undefined
    })
    return (await Promise.all(files)).filter(file => file !== undefined)
  }
}

function* slicesOf(bytes: Uint8Array): Generator<Uint8Array> {
  for (let offset = 0; offset < bytes.length; offset += SLICE_BYTES) {
    yield bytes.subarray(offset, offset + SLICE_BYTES)
  }
}

function requireRange(what: string, { offset, length }: FileRange, size: number): void {
  const whole = Number.isSafeInteger(offset) && Number.isSafeInteger(length)
  if (whole && offset >= 0 && length >= 0 && offset + length <= size) return
  const message = `${what} has ${size} bytes, ${length} bytes from ${offset} on were wanted`
  throw new BlobError('ERR_BLOB_RANGE', message)
}

async function orAbsent<T>(operation: Promise<T>): Promise<T | undefined> {
  try {
    return await operation
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined
    throw error
  }
}
