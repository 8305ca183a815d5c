import { ProtocolError, splitPayload } from '@cocoi/protocol'
import { TransportError } from './errors.ts'

/** Largest packet a broker takes, largest message receivers join. */
export interface MessageLimits {
  readonly maxPayloadBytes: number
  readonly maxMessageBytes: number
}

/** A message and whether the broker is to keep it. */
export interface WholeMessage {
  readonly topic: string
  readonly payload: Uint8Array
  readonly retain: boolean
}

/**
 * The payloads that carry a message.
 *
 * @param random uniform in [0, 1); makes the number by which receivers join the parts
 * @throws {TransportError} ERR_TOO_LARGE, also for a retained message that does not fit one packet:
 *   the broker keeps only the last packet of a topic
 */
export function splitMessage(
  { topic, payload, retain }: WholeMessage,
  { maxPayloadBytes, maxMessageBytes }: MessageLimits,
  random: () => number,
): Uint8Array[] {
  if (payload.length > maxMessageBytes) {
    throw tooLarge(topic, `${payload.length} bytes exceed maxMessageBytes, ${maxMessageBytes}`)
  }
  try {
    const parts = splitPayload(payload, { maxPayloadBytes, id: randomId(random) })
    if (!retain || parts.length === 1) return parts
  } catch (error) {
    if (error instanceof ProtocolError) throw tooLarge(topic, error.message)
    throw error
  }
  throw tooLarge(
    topic,
    `${payload.length} retained bytes exceed maxPayloadBytes, ${maxPayloadBytes}, and a broker ` +
      'cannot retain parts',
  )
}

function randomId(random: () => number): bigint {
  const word = () => BigInt(Math.floor(random() * 2 ** 32))
  return (word() << 32n) | word()
}

function tooLarge(topic: string, message: string): TransportError {
  return new TransportError('ERR_TOO_LARGE', `message for ${topic}: ${message}`)
}
