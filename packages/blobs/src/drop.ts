import { type DropCount, Drops } from '@cocoi/protocol'

/** A message that was ignored, and how often that has happened for this reason. */
export interface BlobDrop {
  readonly kind: 'blobGet' | 'blobData'
  readonly code: string
  readonly topic: string
  readonly count: number
}

/** Called for every message ignored; see `isWorthLogging` of the protocol. */
export type OnDrop = (drop: BlobDrop) => void

/** Counts what is ignored on one kind of topic and tells whoever listens. */
export class DropCounter {
  readonly #kind: BlobDrop['kind']
  readonly #onDrop: OnDrop | undefined
  readonly #drops = new Drops()

  constructor(kind: BlobDrop['kind'], onDrop: OnDrop | undefined) {
    this.#kind = kind
    this.#onDrop = onDrop
  }

  count(code: string, topic: string): void {
    const count = this.#drops.count(this.#kind, code)
    this.#onDrop?.({ kind: this.#kind, code, topic, count })
  }

  snapshot(): DropCount[] {
    return this.#drops.snapshot()
  }
}
