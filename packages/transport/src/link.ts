import type { TransportError } from './errors.ts'

/** What the broker publishes when the connection ends without a DISCONNECT. */
export interface Will {
  readonly topic: string
  readonly payload: Uint8Array
  readonly qos: 0 | 1
  readonly retain: boolean
}

/** One MQTT PUBLISH. */
export interface Packet {
  readonly topic: string
  readonly payload: Uint8Array
  readonly qos: 0 | 1
  readonly retain: boolean
}

/** A filter and the quality asked for. */
export interface FilterRequest {
  readonly filter: string
  readonly qos: 0 | 1
}

/** What happens on a link. After `onDown`, which comes exactly once, nothing more happens. */
export interface LinkEvents {
  /** The broker accepted the connection. */
  onUp(): void
  onMessage(topic: string, payload: Uint8Array): void
  /** `writable` turned true. */
  onWritable(): void
  /** The attempt failed, or the connection ended. */
  onDown(cause: TransportError): void
}

/** One attempt to connect and, if it succeeds, the connection until it ends; never renewed. */
export interface Link {
  /** Whether a message would be written now instead of piling up in memory. */
  readonly writable: boolean
  /** @param done called when written (QoS 0) or acknowledged (QoS 1); never once the link is down */
  publish(packet: Packet, done: () => void): void
  /** Whether each filter was granted; rejects if the link goes down first. */
  subscribe(requests: readonly FilterRequest[]): Promise<boolean[]>
  /** Rejects if the link goes down first. */
  unsubscribe(filter: string): Promise<void>
  /** Ends in order: what is written already still goes out, the broker publishes no will. */
  close(): Promise<void>
  /** Ends at once. */
  destroy(reason: string): void
}

/** Starts an attempt to connect. Events come later, never during the call. */
export type Connector = (session: number, events: LinkEvents) => Link
