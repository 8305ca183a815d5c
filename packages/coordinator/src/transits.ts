import type { Transit } from '@cocoi/planner'
import type { ResultHeader } from '@cocoi/protocol'

/** Subtasks whose answers are awaited at most; older ones are not measured. */
const mostPending = 4096

/** Names one try of a row, and who makes it. */
export interface SubtaskId {
  readonly inference: string
  readonly stage: number
  readonly row: number
  readonly attempt: number
  readonly device: string
}

/** Messages that are sent in one go: they queue behind each other. */
export class Burst {
  readonly startedAt: number
  messages = 0
  bytes = 0

  constructor(startedAt: number) {
    this.startedAt = startedAt
  }
}

interface Pending {
  readonly startedAt: number
  readonly messagesOut: number
  readonly bytesOut: number
  readonly ownBytes: number
}

/** Subtasks on their way, from which `WayMeter` learns when they come back. */
export class Transits {
  readonly #pending = new Map<string, Pending>()

  sent(id: SubtaskId, bytes: number, burst: Burst): void {
    burst.messages += 1
    burst.bytes += bytes
    const { startedAt, messages: messagesOut, bytes: bytesOut } = burst
    this.#pending.set(keyOf(id), { startedAt, messagesOut, bytesOut, ownBytes: bytes })
    const [oldest] = this.#pending.keys()
    if (this.#pending.size > mostPending) this.#pending.delete(oldest!)
  }

  /** Its result has come, of so many bytes; undefined unless it was sent and is not known already. */
  arrived(
    header: ResultHeader,
    { device, bytes, now }: { device: string; bytes: number; now: number },
  ): Transit | undefined {
    const key = keyOf({ ...header, device })
    const pending = this.#pending.get(key)
    if (!pending) return undefined
    this.#pending.delete(key)
    const { startedAt: sentAt, messagesOut, bytesOut, ownBytes } = pending
    const { queueMs, computeMs } = header
    const ms = now - sentAt - queueMs - computeMs
    const sizes = { bytesOut, bytesIn: bytes, ownBytes: ownBytes + bytes }
    return { device, sentAt, messagesOut, ...sizes, ms, computeMs }
  }
}

function keyOf({ inference, stage, row, attempt, device }: SubtaskId): string {
  return `${inference}/${stage}/${row}/${attempt}/${device}`
}
