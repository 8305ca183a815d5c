import { Connection } from './connection.ts'
import { MqttLink } from './mqtt-link.ts'
import { brokerAddresses, type MqttOptions } from './mqtt-options.ts'
import type { Transport } from './transport.ts'

const MIB = 1024 * 1024

/**
 * Connects to an MQTT 3.1.1 broker in the background and stays connected: retries for ever, with
 * growing waits, and at each attempt the next of its addresses. See `whenConnected` for a first connection with a deadline.
 *
 * @throws {TransportError} ERR_BAD_URL
 */
export function connectMqtt(options: MqttOptions): Transport {
  const brokers = brokerAddresses(options)
  let attempts = 0
  return new Connection(
    (session, events) => {
      const broker = brokers[attempts++ % brokers.length]!
      return new MqttLink({ ...broker, will: options.will?.(session) }, events)
    },
    {
      maxPayloadBytes: options.maxPayloadBytes ?? 16 * MIB,
      maxMessageBytes: options.maxMessageBytes ?? 64 * MIB,
      maxQueuedBytes: options.maxQueuedBytes ?? 256 * MIB,
      nextSession: options.nextSession ?? (previous => Math.max(previous + 1, Date.now())),
      backoff: options.backoff ?? { minMs: 250, maxMs: 3000 },
      random: options.random ?? Math.random,
      onNotice: options.onNotice ?? (() => {}),
    },
  )
}
