import { type BlobClient, BlobError, type BlobStore } from '@cocoi/blobs'

export interface WeightsOptions {
  readonly store: BlobStore
  readonly blobs: Pick<BlobClient, 'fetch'>
  /** Unused files beyond this are thrown away. */
  readonly maxBytes: number
}

/** The files of models on this device's disk, and who needs which of them. */
export class Weights {
  readonly #options: WeightsOptions
  readonly #holdings = new Set<Holding>()

  constructor(options: WeightsOptions) {
    this.#options = options
  }

  /** Where the files are. */
  get folder(): string {
    return this.#options.store.folder
  }

  /** For a plan that is about to fetch what it needs. */
  hold(): Holding {
    const holding = new Holding(
      (...wanted) => this.#fetch(...wanted),
      () => this.#holdings.delete(holding),
    )
    this.#holdings.add(holding)
    return holding
  }

  /** Throws out what is used by nobody and beyond the limit, what was unused for longest first. */
  async tidy(): Promise<void> {
    const { store, maxBytes } = this.#options
    await store.keepWithin(maxBytes, this.#inUse())
  }

  /** A full disk is given another try without what nobody uses. */
  async #fetch(coordinator: string, sha: string, signal: AbortSignal): Promise<string> {
    const { blobs, store } = this.#options
    try {
      return await blobs.fetch(coordinator, sha, signal)
    } catch (error) {
      if (!(error instanceof BlobError && error.code === 'ERR_DISK_FULL')) throw error
      const gone = await store.keepWithin(0, this.#inUse())
      if (gone.length === 0) throw error
      return blobs.fetch(coordinator, sha, signal)
    }
  }

  #inUse(): Set<string> {
    return new Set([...this.#holdings].flatMap(({ shas }) => [...shas]))
  }
}

type Fetch = (coordinator: string, sha: string, signal: AbortSignal) => Promise<string>

/** The files of one plan, which stay on the disk until it lets them go. */
export class Holding {
  /** SHA-256 of each, also of those that are still to come. */
  readonly shas = new Set<string>()
  readonly #fetch: Fetch
  readonly #release: () => void

  constructor(fetch: Fetch, release: () => void) {
    this.#fetch = fetch
    this.#release = release
  }

  /**
   * Has the file on the disk.
   *
   * @returns its path
   * @throws {BlobError} as `BlobClient.fetch`; ERR_DISK_FULL if there is no room for what is in use
   */
  fetch(coordinator: string, sha: string, signal: AbortSignal): Promise<string> {
    this.shas.add(sha)
    return this.#fetch(coordinator, sha, signal)
  }

  release(): void {
    this.#release()
  }
}
