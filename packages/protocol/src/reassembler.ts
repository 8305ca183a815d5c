import { badMessage } from './errors.ts'
import { decodePart, isPart, type Part } from './fragments.ts'

/** Bounds on what is kept for messages that are not complete yet. */
export interface ReassemblerLimits {
  /** Largest message. */
  readonly maxMessageBytes: number
  /** Bytes kept per sender. */
  readonly maxSenderBytes: number
  /** Incomplete messages kept per sender. */
  readonly maxSenderMessages: number
  /** Senders with incomplete messages. */
  readonly maxSenders: number
  /** Bytes kept in all; a sender that names itself anew for each message gains nothing. */
  readonly maxBytes: number
  /** An incomplete message is dropped this long after its latest part. */
  readonly patienceMs: number
}

export const DEFAULT_REASSEMBLER_LIMITS: ReassemblerLimits = {
  maxMessageBytes: 64 * 1024 * 1024,
  maxSenderBytes: 128 * 1024 * 1024,
  maxSenderMessages: 8,
  maxSenders: 256,
  maxBytes: 256 * 1024 * 1024,
  patienceMs: 30_000,
}

/** What keeping a part costs beside its bytes, so that many tiny parts count for what they are. */
const PART_COST_BYTES = 128

interface Pending {
  readonly count: number
  readonly totalBytes: number
  readonly shares: Map<number, Uint8Array>
  bytes: number
  expiresAt: number
}

/** Incomplete messages of one sender, oldest first. */
type Sender = Map<bigint, Pending>

/**
 * Joins the parts of messages. Bounded: when a limit is reached the sender's oldest incomplete
 * message gives way, or the oldest of all; time passed drops what stays incomplete. One message
 * may always be completed. Duplicated parts change nothing.
 */
export class Reassembler {
  readonly #limits: ReassemblerLimits
  readonly #senders = new Map<string, Sender>()
  #dropped = 0
  #bytes = 0

  constructor(limits: Partial<ReassemblerLimits> = {}) {
    this.#limits = { ...DEFAULT_REASSEMBLER_LIMITS, ...limits }
  }

  /** Incomplete messages that were given up, ever. */
  get dropped(): number {
    return this.#dropped
  }

  /** Bytes kept for incomplete messages, 128 of them for each part. */
  get pendingBytes(): number {
    return this.#bytes
  }

  /**
   * Takes one payload and returns the message it completes: a payload that is no part is itself a
   * message. Undefined while parts are missing.
   *
   * @param sender who sent it, as far as it is known; over MQTT the topic
   * @param now    monotonic ms
   * @throws {ProtocolError} ERR_BAD_MESSAGE if a part contradicts itself or another part
   */
  accept(sender: string, payload: Uint8Array, now: number): Uint8Array | undefined {
    this.expire(now)
    if (!isPart(payload)) return payload
    const part = decodePart(payload)
    if (part.totalBytes > this.#limits.maxMessageBytes) {
      throw badMessage(
        `a message of ${part.totalBytes} bytes in parts, at most ${this.#limits.maxMessageBytes}`,
      )
    }
    const messages = this.#sender(sender)
    const pending = this.#pending(messages, part)
    pending.expiresAt = now + this.#limits.patienceMs
    this.#keep(messages, { part, pending })
    this.#makeRoom(messages, pending)
    return pending.shares.size === pending.count ? this.#complete(sender, part.id) : undefined
  }

  /** Drops incomplete messages whose latest part came too long ago; returns how many. */
  expire(now: number): number {
    const before = this.#dropped
    for (const [name, sender] of this.#senders) {
      for (const [id, { expiresAt }] of sender) if (expiresAt <= now) this.#drop(sender, id)
      if (sender.size === 0) this.#senders.delete(name)
    }
    return this.#dropped - before
  }

  #sender(name: string): Sender {
    const known = this.#senders.get(name)
    if (known) return known
    if (this.#senders.size >= this.#limits.maxSenders) this.#forgetOldestSender()
    const sender: Sender = new Map()
    this.#senders.set(name, sender)
    return sender
  }

  #forgetOldestSender(): void {
    const [name, sender] = this.#senders.entries().next().value!
    for (const id of sender.keys()) this.#drop(sender, id)
    this.#senders.delete(name)
  }

  #pending(sender: Sender, { id, count, totalBytes }: Part): Pending {
    const known = sender.get(id)
    if (known && known.count === count && known.totalBytes === totalBytes) return known
    if (known) {
      this.#drop(sender, id)
      throw badMessage(
        `parts of one message disagree: ${known.count} parts of ${known.totalBytes} bytes, then ` +
          `${count} parts of ${totalBytes} bytes`,
      )
    }
    if (sender.size >= this.#limits.maxSenderMessages) this.#dropOldest([sender])
    const pending = { count, totalBytes, shares: new Map(), bytes: 0, expiresAt: 0 }
    sender.set(id, pending)
    return pending
  }

  #keep(sender: Sender, { part, pending }: { part: Part; pending: Pending }): void {
    if (pending.shares.has(part.index)) return
    if (pending.bytes + part.share.length > pending.totalBytes) {
      this.#drop(sender, part.id)
      throw badMessage(
        `parts of ${pending.bytes + part.share.length} bytes in a message of ${pending.totalBytes}`,
      )
    }
    pending.shares.set(part.index, part.share)
    pending.bytes += part.share.length
    this.#bytes += part.share.length + PART_COST_BYTES
  }

  #makeRoom(sender: Sender, latest: Pending): void {
    const { maxSenderBytes, maxBytes } = this.#limits
    while (senderCost(sender) > maxSenderBytes && this.#dropOldest([sender], latest)) {}
    while (this.#bytes > maxBytes && this.#dropOldest(this.#senders.values(), latest)) {}
  }

  #complete(name: string, id: bigint): Uint8Array {
    const sender = this.#senders.get(name)!
    const pending = sender.get(id)!
    this.#forget(sender, id)
    if (sender.size === 0) this.#senders.delete(name)
    if (pending.bytes === pending.totalBytes) return join(pending)
    throw badMessage(`all parts hold ${pending.bytes} bytes, ${pending.totalBytes} were announced`)
  }

  /** Drops one message other than `except`; false if there is none. */
  #dropOldest(senders: Iterable<Sender>, except?: Pending): boolean {
    for (const sender of senders) {
      for (const [id, pending] of sender) {
        if (pending === except) continue
        this.#drop(sender, id)
        return true
      }
    }
    return false
  }

  #drop(sender: Sender, id: bigint): void {
    this.#forget(sender, id)
    this.#dropped += 1
  }

  #forget(sender: Sender, id: bigint): void {
    this.#bytes -= cost(sender.get(id)!)
    sender.delete(id)
  }
}

function cost({ bytes, shares }: Pending): number {
  return bytes + shares.size * PART_COST_BYTES
}

function senderCost(sender: Sender): number {
  let sum = 0
  for (const pending of sender.values()) sum += cost(pending)
  return sum
}

function join({ shares, count, totalBytes }: Pending): Uint8Array {
  const message = new Uint8Array(totalBytes)
  let offset = 0
  for (let index = 0; index < count; index += 1) {
    const share = shares.get(index)!
    message.set(share, offset)
    offset += share.length
  }
  return message
}
