import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { Ledger } from '../ledger.ts'
import type { Peer } from '../peer.ts'

/** Takes over a connection. */
export type Enter = (connection: Duplex, peer: Peer) => void

/** Every open TCP connection, of all listeners together. */
export class Connections {
  readonly #max: number
  readonly #ledger: Ledger
  readonly #open = new Set<Socket>()

  constructor(max: number, ledger: Ledger) {
    this.#max = max
    this.#ledger = ledger
  }

  /** Hands the socket on, or hangs up if there are too many. */
  accept(socket: Socket, enter: Enter): void {
    const { remoteAddress: address } = socket
    if (this.#open.size >= this.#max) {
      const reason = `${this.#max} connections are open; ${address} is refused`
      this.#ledger.record({ type: 'refused', reason })
      socket.on('error', () => {}).destroy()
      return
    }
    this.#open.add(socket)
    socket.on('close', () => this.#open.delete(socket))
    enter(socket, { address })
  }

  /** Also those that are not logged in. */
  destroyAll(): void {
    for (const socket of this.#open) socket.destroy()
  }
}
