import type { FileHandle } from 'node:fs/promises'
import { constants, open, rename, rm, statfs } from 'node:fs/promises'
import { dirname } from 'node:path'
import { BlobError, explainDiskFull } from './errors.ts'
import { hashFile, syncFolder, writeAt } from './file-bytes.ts'

/** Where a part lies and what becomes of it. */
export interface PartFileOptions {
  /** SHA-256 the complete file must have. */
  readonly sha: string
  readonly path: string
  /** Path it is renamed to when it is complete. */
  readonly finalPath: string
  readonly onClose: () => void
}

/**
 * The beginning of a blob that is being fetched. Bytes are only ever appended, so its length alone
 * says what is there, also after a restart.
 */
export class PartFile {
  readonly #options: PartFileOptions
  readonly #handle: FileHandle
  #length: number

  private constructor(options: PartFileOptions, handle: FileHandle, length: number) {
    this.#options = options
    this.#handle = handle
    this.#length = length
  }

  /**
   * Opens the part as an earlier transfer left it, or an empty one.
   *
   * @throws {BlobError} ERR_DISK_FULL
   */
  static async open(options: PartFileOptions): Promise<PartFile> {
    try {
      const handle = await open(options.path, constants.O_RDWR | constants.O_CREAT)
      const { size } = await handle.stat()
      return new PartFile(options, handle, size)
    } catch (error) {
      throw explainDiskFull(error, options.path)
    }
  }

  /** Bytes that are there. */
  get length(): number {
    return this.#length
  }

  /**
   * Checks before the transfer that the rest of `total` bytes will fit.
   *
   * @throws {BlobError} ERR_DISK_FULL; the part is then gone
   */
  async requireSpace(total: number): Promise<void> {
    const { bavail, bsize } = await statfs(dirname(this.#options.path))
    const needed = total - this.#length
    if (needed <= bavail * bsize) return
    await this.#remove()
    const message =
      `blob ${this.#options.sha} needs ${needed} bytes more, ${bavail * bsize} are free in ` +
      `${dirname(this.#options.path)}; free some or lower device.maxCacheBytes`
    throw new BlobError('ERR_DISK_FULL', message)
  }

  /** @throws {BlobError} ERR_DISK_FULL; the part is then gone */
  async append(bytes: Uint8Array): Promise<void> {
    await this.#orDiskFull(() => writeAt(this.#handle, this.#length, bytes))
    this.#length += bytes.length
  }

  /** Empties the part. */
  async restart(): Promise<void> {
    await this.#handle.truncate(0)
    this.#length = 0
  }

  /**
   * Gives a part with the right digest its final name, durably.
   *
   * @returns false if the digest is another one; the part is then unchanged
   * @throws {BlobError} ERR_DISK_FULL; the part is then gone
   */
  async commit(signal?: AbortSignal): Promise<boolean> {
    if ((await hashFile(this.#handle, signal)) !== this.#options.sha) return false
    await this.#orDiskFull(() => this.#handle.sync())
    await rename(this.#options.path, this.#options.finalPath)
    await syncFolder(dirname(this.#options.finalPath))
    return true
  }

  /** Closes the file; what is there stays for the next transfer. */
  async close(): Promise<void> {
    await this.#handle.close()
    if (this.#length === 0) await this.#remove()
    this.#options.onClose()
  }

  async #orDiskFull(write: () => Promise<void>): Promise<void> {
    try {
      await write()
    } catch (error) {
      const explained = explainDiskFull(error, this.#options.path)
      if (explained !== error) await this.#remove()
      throw explained
    }
  }

  #remove(): Promise<void> {
    return rm(this.#options.path, { force: true })
  }
}
