import type { FileHandle } from 'node:fs/promises'
import type { BlobStore } from './blob-store.ts'
import { readAt } from './file-bytes.ts'

/** An open blob; to be released. */
export interface HotFile {
  readonly bytes: number
  read(offset: number, length: number): Promise<Uint8Array>
  release(): Promise<void>
}

interface Opened {
  readonly handle: FileHandle
  readonly bytes: number
}

interface Entry {
  readonly opened: Promise<Opened | undefined>
  users: number
  closing: NodeJS.Timeout | undefined
}

/** Keeps one handle per blob that is being asked for, instead of opening the file for each range. */
export class HotFiles {
  readonly #stores: readonly BlobStore[]
  readonly #idleMs: number
  readonly #maxOpen: number
  readonly #entries = new Map<string, Entry>()

  /**
   * @param idleMs a file is closed when nobody has used it for so long
   * @param maxOpen while so many are open, a file is closed as soon as nobody uses it
   */
  constructor(stores: readonly BlobStore[], idleMs: number, maxOpen: number) {
    this.#stores = stores
    this.#idleMs = idleMs
    this.#maxOpen = maxOpen
  }

  /** The blob from the first store that has it; undefined if none does. */
  async acquire(sha: string): Promise<HotFile | undefined> {
    const entry = this.#entries.get(sha) ?? this.#open(sha)
    entry.users += 1
    clearTimeout(entry.closing)
    const release = () => this.#release(sha, entry)
    const opened = await entry.opened.catch(async error => {
      await release()
      throw error
    })
    if (opened) return { bytes: opened.bytes, read: readFrom(opened), release }
    await release()
    return undefined
  }

  /** Closes what nobody uses. */
  async closeIdle(): Promise<void> {
    const idle = [...this.#entries].filter(([, { users }]) => users === 0)
    await Promise.all(idle.map(([sha, entry]) => this.#close(sha, entry)))
  }

  #open(sha: string): Entry {
    const entry: Entry = { opened: this.#find(sha), users: 0, closing: undefined }
    this.#entries.set(sha, entry)
    return entry
  }

  async #find(sha: string): Promise<Opened | undefined> {
    for (const store of this.#stores) {
      const handle = await store.openBlob(sha)
      if (handle) return { handle, bytes: (await handle.stat()).size }
    }
    return undefined
  }

  async #release(sha: string, entry: Entry): Promise<void> {
    entry.users -= 1
    if (entry.users > 0) return
    const opened = await entry.opened.catch(() => undefined)
    if (entry.users > 0 || this.#entries.get(sha) !== entry) return
    if (!opened || this.#entries.size > this.#maxOpen) return this.#close(sha, entry)
    clearTimeout(entry.closing)
    entry.closing = setTimeout(() => void this.#close(sha, entry), this.#idleMs).unref()
  }

  async #close(sha: string, entry: Entry): Promise<void> {
    clearTimeout(entry.closing)
    if (this.#entries.get(sha) !== entry) return
    this.#entries.delete(sha)
    const opened = await entry.opened.catch(() => undefined)
    await opened?.handle.close()
  }
}

function readFrom({ handle }: Opened): HotFile['read'] {
  return (offset, length) => readAt(handle, offset, length)
}
