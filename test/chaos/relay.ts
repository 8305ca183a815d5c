import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

/** The network between one device and the broker: it can be cut, stall, or be slow. */
export class Relay {
  readonly #server: Server
  readonly #brokerPort: number
  readonly #pairs = new Set<readonly [Socket, Socket]>()
  #refuses = false
  #delayMs = 0
  /** Resolves when something gets through again. */
  #flows: Promise<void> = Promise.resolve()
  #open: () => void = () => undefined

  /** @param address where it listens */
  static async start(brokerPort: number, address = '127.0.0.1'): Promise<Relay> {
    const relay = new Relay(brokerPort)
    await once(relay.#server.listen(0, address), 'listening')
    return relay
  }

  private constructor(brokerPort: number) {
    this.#brokerPort = brokerPort
    this.#server = createServer({ noDelay: true }, client => this.#accept(client))
  }

  get url(): string {
    const { address, port } = this.#server.address() as AddressInfo
    return `mqtt://${address}:${port}`
  }

  /** Ends every connection and takes no new one. */
  cut(): void {
    this.#refuses = true
    for (const pair of this.#pairs) for (const socket of pair) socket.destroy()
  }

  /** Connections stay, nothing gets through. */
  stall(): void {
    this.#flows = new Promise(resolve => {
      this.#open = resolve
    })
  }

  /** Every piece that is read waits this long, one after the other: late, and narrow as well. */
  delay(ms: number): void {
    this.#delayMs = ms
  }

  restore(): void {
    this.#refuses = false
    this.#delayMs = 0
    this.#open()
  }

  async close(): Promise<void> {
    this.cut()
    this.restore()
    await new Promise(resolve => this.#server.close(resolve))
  }

  #accept(client: Socket): void {
    if (this.#refuses) return void client.destroy()
    const broker = connect({ port: this.#brokerPort, host: '127.0.0.1', noDelay: true })
    const pair = [client, broker] as const
    this.#pairs.add(pair)
    for (const socket of pair) {
      socket.on('error', () => {})
      socket.on('close', () => {
        for (const other of pair) other.destroy()
        this.#pairs.delete(pair)
      })
    }
    void this.#carry(client, broker)
    void this.#carry(broker, client)
  }

  /** Never rejects: the end of either socket ends both. */
  async #carry(from: Socket, to: Socket): Promise<void> {
    try {
      for await (const chunk of from) {
        await this.#flows
        if (this.#delayMs > 0) await sleep(this.#delayMs)
        if (!to.write(chunk)) await Promise.race([once(to, 'drain'), once(to, 'close')])
      }
    } catch {
      // It was cut.
    }
  }
}
