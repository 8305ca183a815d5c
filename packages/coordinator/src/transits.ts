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
  /** Of a result that came of it; all are of one size. */
  bytesIn: number | undefined

  constructor(startedAt: number) {
    this.startedAt = startedAt
  }
}

/** The message of a subtask, and what is predicted when it is sent. */
export interface SentSubtask {
  readonly bytes: number
  readonly burst: Burst
  /** Until the device is through with what it was sent before. */
  readonly queueMs: number
  readonly computeMs: number
}

interface Pending extends Omit<SentSubtask, 'bytes'> {
  readonly messagesOut: number
  readonly bytesOut: number
  readonly ownBytes: number
}

/** Subtasks on their way, from which `WayMeter` learns when they come back. */
export class Transits {
  readonly #pending = new Map<string, Pending>()

  sent(id: SubtaskId, { bytes: ownBytes, ...sent }: SentSubtask): void {
    const { burst } = sent
    burst.messages += 1
    burst.bytes += ownBytes
    const { messages: messagesOut, bytes: bytesOut } = burst
    this.#pending.set(keyOf(id), { ...sent, messagesOut, bytesOut, ownBytes })
    const [oldest] = this.#pending.keys()
    if (this.#pending.size > mostPending) this.#pending.delete(oldest!)
  }

  /** Its result has come, of so many bytes; undefined unless it was sent and is not known already. */
  arrived(
    header: ResultHeader,
    { device, bytes, now }: { device: string; bytes: number; now: number },
  ): Transit | undefined {
    const id = { ...header, device }
    const pending = this.#pending.get(keyOf(id))
    if (!pending) return undefined
    this.forget(id)
    pending.burst.bytesIn = bytes
    const { queueMs, computeMs } = header
    return transitOf({ ...pending, queueMs, computeMs }, { device, bytesIn: bytes, now })
  }

  /**
   * What a subtask would be if its result came now and all had gone as predicted.
   *
   * @returns undefined if none of its burst tells how large results are
   */
  soFar(id: SubtaskId, now: number): Transit | undefined {
    const pending = this.#pending.get(keyOf(id))
    const bytesIn = pending?.burst.bytesIn
    if (!pending || bytesIn === undefined) return undefined
    return transitOf(pending, { device: id.device, bytesIn, now })
  }

  /** Its result is of no use any more. */
  forget(id: SubtaskId): void {
    this.#pending.delete(keyOf(id))
  }
}

function transitOf(
  { burst, messagesOut, bytesOut, ownBytes, queueMs, computeMs }: Pending,
  { device, bytesIn, now }: { device: string; bytesIn: number; now: number },
): Transit {
  const { startedAt: sentAt } = burst
  const ms = now - sentAt - queueMs - computeMs
  const sizes = { bytesOut, bytesIn, ownBytes: ownBytes + bytesIn }
  return { device, sentAt, messagesOut, ...sizes, ms, computeMs }
}

function keyOf({ inference, stage, row, attempt, device }: SubtaskId): string {
  return `${inference}/${stage}/${row}/${attempt}/${device}`
}
