import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { Duplex } from 'node:stream'
import { createWebSocketStream, type WebSocket, WebSocketServer } from 'ws'
import type { Ledger } from '../ledger.ts'
import type { BrokerLimits } from '../options.ts'
import type { Peer } from '../peer.ts'
import type { Enter } from './connections.ts'

/** Longest fixed header of an MQTT packet. */
const HEADER_BYTES = 5

/** What of ws decides how long a message may be; not in its types, so a test watches it. */
interface MessageReceiver {
  _maxPayload: number
}

export interface WebSocketLayerOptions {
  readonly enter: Enter
  readonly ledger: Ledger
  readonly limits: BrokerLimits
  /** Whether whoever sends over this stream is logged in. */
  readonly isAdmitted: (stream: Duplex) => boolean
}

/** Puts WebSockets (subprotocol `mqtt`, MQTT 3.1.1 section 6) on connections. */
export class WebSocketLayer {
  readonly #options: WebSocketLayerOptions
  readonly #http: Server
  readonly #webSockets: WebSocketServer
  readonly #peers = new WeakMap<Duplex, Peer>()

  constructor(options: WebSocketLayerOptions) {
    this.#options = options
    this.#webSockets = new WebSocketServer({
      noServer: true,
      perMessageDeflate: false,
      maxPayload: options.limits.maxPacketBytesBeforeLogin + HEADER_BYTES,
      handleProtocols: protocols => (protocols.has('mqtt') ? 'mqtt' : false),
    })
    this.#http = createServer((_request, response) => {
      response.writeHead(426, { connection: 'close', upgrade: 'websocket' })
      response.end('This port speaks MQTT over WebSockets.\n')
    })
    this.#http.on('upgrade', (request, stream, head) => this.#upgrade(request, stream, head))
  }

  /** Takes over a connection; passes it on once it is a WebSocket. */
  readonly enter: Enter = (connection, peer) => {
    const { connectTimeoutMs } = this.#options.limits
    const lateness = setTimeout(() => connection.destroy(), connectTimeoutMs)
    connection.once('close', () => clearTimeout(lateness))
    connection.once('upgraded', () => clearTimeout(lateness))
    this.#peers.set(connection, peer)
    this.#http.emit('connection', connection)
  }

  #upgrade(request: IncomingMessage, connection: Duplex, head: Buffer): void {
    const peer = this.#peers.get(connection)
    if (!peer || !offersMqtt(request)) {
      connection.end('HTTP/1.1 400 Bad Request\r\nconnection: close\r\n\r\n')
      return
    }
    this.#webSockets.handleUpgrade(request, connection, head, socket => {
      connection.emit('upgraded')
      const isBrowser = request.headers.origin !== undefined
      this.#opened(socket, { ...peer, ...(isBrowser && { isBrowser }) })
    })
  }

  #opened(socket: WebSocket, peer: Peer): void {
    const { enter, isAdmitted, limits } = this.#options
    const stream = createWebSocketStream(socket)
    const receiver = receiverOf(socket)
    const before = receiver._maxPayload
    Object.defineProperty(receiver, '_maxPayload', {
      get: () => (isAdmitted(stream) ? limits.maxPacketBytes + HEADER_BYTES : before),
    })
    enter(stream, peer)
  }
}

function offersMqtt({ headers }: IncomingMessage): boolean {
  const offered = String(headers['sec-websocket-protocol'] ?? '').split(',')
  return offered.some(protocol => protocol.trim() === 'mqtt')
}

function receiverOf(socket: WebSocket): MessageReceiver {
  const { _receiver: receiver } = socket as unknown as { _receiver?: MessageReceiver }
  if (typeof receiver?._maxPayload === 'number') return receiver
  throw new TypeError('this version of ws has no _receiver to bound messages with')
}
