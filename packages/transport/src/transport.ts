/** How a message is published. */
export interface PublishOptions {
  readonly qos: 0 | 1
  readonly retain?: boolean
  /** After this long the promise is settled, whatever the connection does. */
  readonly timeoutMs: number
}

/** Receives whole messages; parts have been joined. The payload may be kept. */
export type MessageHandler = (topic: string, payload: Uint8Array) => void

/**
 * One connection to the broker, kept up over outages. What an agent needs of MQTT and nothing more,
 * so that a twin in memory can stand in its place.
 */
export interface Transport {
  readonly connected: boolean
  /** Payloads so far that claimed to be a part of a message and were not. */
  readonly dropped: number
  /**
   * Resolves when the message was handed to the socket (QoS 0) or acknowledged by the broker
   * (QoS 1, which is no delivery receipt). The payload must not be changed afterwards.
   *
   * @throws {TransportError} ERR_NOT_CONNECTED, ERR_PUBLISH_TIMEOUT, ERR_CLOSED
   */
  publish(topic: string, payload: Uint8Array, options: PublishOptions): Promise<void>
  /**
   * Subscribes now and after every reconnect; resolves when the broker has granted it.
   *
   * @throws {TransportError} ERR_SUBSCRIBE_REFUSED, ERR_CLOSED
   */
  subscribe(filter: string, handler: MessageHandler, options?: { qos?: 0 | 1 }): Promise<void>
  unsubscribe(filter: string): Promise<void>
  /**
   * Called with the session number at every connect, once the subscriptions are renewed; at once if
   * the transport is connected already.
   *
   * @returns a function that ends the calls
   */
  onConnect(listener: (session: number) => void): () => void
  /** @returns a function that ends the calls */
  onDisconnect(listener: (reason: string) => void): () => void
  /** Ends the connection in order: the broker publishes no will. */
  close(): Promise<void>
}
