import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { Ledger } from '../ledger.ts'
import { networkOf } from '../network-of.ts'
import type { Peer } from '../peer.ts'

/** Takes over a connection. */
export type Enter = (connection: Duplex, peer: Peer) => void

/** Share of all connections that one address may hold without having logged in. */
const STRANGERS_SHARE = 1 / 4

/** Every open TCP connection, of all listeners together. */
export class Connections {
  readonly #max: number
  readonly #maxStrangers: number
  readonly #ledger: Ledger
  readonly #open = new Set<Socket>()
  readonly #strangers = new Map<string, number>()

  constructor(max: number, ledger: Ledger) {
    this.#max = max
    this.#maxStrangers = Math.max(1, Math.floor(max * STRANGERS_SHARE))
    this.#ledger = ledger
  }

  /** Hands the socket on, or hangs up if there are too many. */
  accept(socket: Socket, enter: Enter): void {
    const { remoteAddress: address } = socket
    const network = networkOf(address)
    const reason = this.#refusal(address, network)
    if (reason !== undefined) {
      this.#ledger.record({ type: 'refused', reason })
      socket.on('error', () => {}).destroy()
      return
    }
    this.#open.add(socket)
    socket.on('close', () => this.#open.delete(socket))
    const onAdmitted = this.#stranger(network)
    socket.on('close', onAdmitted)
    enter(socket, { address, onAdmitted })
  }

  /** Also those that are not logged in. */
  destroyAll(): void {
    for (const socket of this.#open) socket.destroy()
  }

  #refusal(address: string | undefined, network: string): string | undefined {
    if (this.#open.size >= this.#max)
      return `${this.#max} connections are open; ${address} is refused`
    const strangers = this.#strangers.get(network) ?? 0
    if (strangers < this.#maxStrangers) return undefined
    return `${strangers} connections of ${address} have not logged in; another one is refused`
  }

  /** Counts one; returns how to count it no longer. */
  #stranger(network: string): () => void {
    this.#strangers.set(network, (this.#strangers.get(network) ?? 0) + 1)
    let isCounted = true
    return () => {
      if (!isCounted) return
      isCounted = false
      const rest = this.#strangers.get(network)! - 1
      if (rest > 0) this.#strangers.set(network, rest)
      else this.#strangers.delete(network)
    }
  }
}
