import { orAborted } from '@cocoi/service'
import type { Transport } from '@cocoi/transport'
import { bytes, milliseconds } from '../tables.ts'
import { type Finding, failure, fine, unknown, warning } from './finding.ts'

/** What a client that sends itself messages through the broker finds out. */
export interface LinkReport {
  /** Median of a few small messages. */
  readonly roundTripMs: number
  /** The largest message that came back. */
  readonly largestBytes: number
  /** Of that message, taken that the broker passes it on once it has all of it. */
  readonly bytesPerS: number
  /** Why no larger one was sent: all came back, one did not, or it would have taken too long. */
  readonly end: 'complete' | 'no echo' | 'connection lost' | 'slow'
}

const PINGS = 5
const SMALLEST_BYTES = 1024
/** A larger message that would take longer than this is not sent. */
const LONGEST_STEP_MS = 10_000
/** Besides what the size makes likely. */
const PATIENCE_MS = 5000
const NONCE_BYTES = 4

/**
 * Sends messages of doubling size up to `maxPayloadBytes` to itself.
 *
 * @throws {TransportError} ERR_SUBSCRIBE_REFUSED if the topic may not be read
 */
export async function probeLink(
  transport: Transport,
  topic: string,
  maxPayloadBytes: number,
): Promise<LinkReport> {
  const echoes = new Echoes(transport, topic)
  await echoes.open()
  try {
    return await measure(echoes, maxPayloadBytes)
  } finally {
    await echoes.close()
  }
}

async function measure(echoes: Echoes, maxPayloadBytes: number): Promise<LinkReport> {
  const roundTripMs = await ping(echoes)
  if (typeof roundTripMs === 'string') {
    return { roundTripMs: 0, largestBytes: 0, bytesPerS: 0, end: roundTripMs }
  }
  let report: LinkReport = { roundTripMs, largestBytes: NONCE_BYTES, bytesPerS: 0, end: 'complete' }
  let elapsedMs = roundTripMs
  for (const size of sizes(maxPayloadBytes)) {
    if (2 * elapsedMs > LONGEST_STEP_MS) return { ...report, end: 'slow' }
    const outcome = await echoes.send(size, PATIENCE_MS + 8 * elapsedMs)
    if (typeof outcome === 'string') return { ...report, end: outcome }
    elapsedMs = outcome
    report = { ...report, largestBytes: size, bytesPerS: (2 * size) / (elapsedMs / 1000) }
  }
  return report
}

function sizes(most: number): number[] {
  const doubling: number[] = []
  for (let size = SMALLEST_BYTES; size < most; size *= 2) doubling.push(size)
  return [...doubling, most]
}

async function ping(echoes: Echoes): Promise<number | LinkReport['end']> {
  const times: number[] = []
  while (times.length < PINGS) {
    const outcome = await echoes.send(NONCE_BYTES, PATIENCE_MS)
    if (typeof outcome === 'string') return outcome
    times.push(outcome)
  }
  return times.sort((a, b) => a - b)[Math.floor(PINGS / 2)]!
}

/** Messages to oneself, one at a time. */
class Echoes {
  readonly #transport: Transport
  readonly #topic: string
  #nonce = 0
  #settle: (outcome: 'echo' | 'connection lost') => void = () => {}
  #stopWatching = () => {}

  constructor(transport: Transport, topic: string) {
    this.#transport = transport
    this.#topic = topic
  }

  async open(): Promise<void> {
    const subscribed = this.#transport.subscribe(this.#topic, (_, payload) => {
      if (nonceOf(payload) === this.#nonce) this.#settle('echo')
    })
    this.#stopWatching = this.#transport.onDisconnect(() => this.#settle('connection lost'))
    await orAborted(subscribed, AbortSignal.timeout(PATIENCE_MS))
  }

  async close(): Promise<void> {
    this.#stopWatching()
    await this.#transport.unsubscribe(this.#topic)
  }

  /** Milliseconds until it is back, or why it is not. */
  async send(size: number, timeoutMs: number): Promise<number | 'no echo' | 'connection lost'> {
    const payload = new Uint8Array(size)
    this.#nonce += 1
    new DataView(payload.buffer).setUint32(0, this.#nonce)
    const arrival = new Promise<'echo' | 'connection lost'>(resolve => {
      this.#settle = resolve
    })
    const startedAt = performance.now()
    // Whether it was sent shows in whether it comes back.
    void this.#transport.publish(this.#topic, payload, { qos: 0, timeoutMs }).catch(() => {})
    const signal = AbortSignal.timeout(Math.ceil(timeoutMs))
    const outcome = await orAborted(arrival, signal).catch(() => 'no echo' as const)
    return outcome === 'echo' ? performance.now() - startedAt : outcome
  }
}

function nonceOf(payload: Uint8Array): number {
  if (payload.length < NONCE_BYTES) return 0
  return new DataView(payload.buffer, payload.byteOffset).getUint32(0)
}

/** Too slow to be worth distributing over: about 20 Mbit/s. */
const SLOW_BYTES_PER_S = 2.5e6
const SLOW_ROUND_TRIP_MS = 20

/** Whether messages of the size that everybody takes for granted get through, and how fast. */
export function checkLink(report: LinkReport, maxPayloadBytes: number): Finding[] {
  return [checkSize(report, maxPayloadBytes), ...(report.bytesPerS > 0 ? [checkSpeed(report)] : [])]
}

function checkSize({ end, largestBytes }: LinkReport, maxPayloadBytes: number): Finding {
  const check = 'message size'
  if (largestBytes === 0) {
    const fix = 'allow every user to publish and read cocoi/probes/USER, see the topic table'
    return unknown(check, `nothing that is sent comes back (${end})`, fix)
  }
  if (end === 'complete') return fine(check, `${bytes(maxPayloadBytes)} get through`)
  if (end === 'slow') {
    return unknown(check, `${bytes(largestBytes)} get through; larger ones would take too long`)
  }
  const message = `${bytes(largestBytes)} get through, a message of twice that does not (${end}); mqtt.maxPayloadBytes is ${maxPayloadBytes}`
  const fix = `raise the limit of the broker, or set mqtt.maxPayloadBytes to ${largestBytes} on every machine`
  return failure(check, message, fix)
}

function checkSpeed({ bytesPerS, roundTripMs }: LinkReport): Finding {
  const message = `${bytes(Math.round(bytesPerS))}/s each way, ${milliseconds(roundTripMs)} there and back`
  if (bytesPerS >= SLOW_BYTES_PER_S && roundTripMs <= SLOW_ROUND_TRIP_MS)
    return fine('link', message)
  return warning('link', message, 'use a cable and a switch instead of Wi-Fi or powerline')
}
