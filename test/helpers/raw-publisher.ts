import mqtt, { type MqttClient } from 'mqtt'

/**
 * Publishes bytes as they are. Our own transport would send what looks like a part of a message in
 * parts, so that it arrives as it was.
 */
export class RawPublisher {
  readonly #client: MqttClient

  private constructor(client: MqttClient) {
    this.#client = client
  }

  static async open(url: string): Promise<RawPublisher> {
    const options = { protocolVersion: 4, clientId: 'raw-publisher', reconnectPeriod: 0 } as const
    return new RawPublisher(await mqtt.connectAsync(url, options))
  }

  /** Resolves when the broker has acknowledged it. */
  async publish(topic: string, payload: Uint8Array): Promise<void> {
    await this.#client.publishAsync(topic, Buffer.from(payload), { qos: 1 })
  }

  close(): Promise<void> {
    return this.#client.endAsync()
  }
}
