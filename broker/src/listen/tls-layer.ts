import { constants } from 'node:crypto'
import type { Socket } from 'node:net'
import {
  createSecureContext,
  createServer,
  type TlsOptions as NodeTlsOptions,
  type Server,
  type TLSSocket,
} from 'node:tls'
import { BrokerError } from '../errors.ts'
import type { Ledger } from '../ledger.ts'
import type { TlsOptions } from '../options.ts'
import type { Peer } from '../peer.ts'
import type { Enter } from './connections.ts'

export type Certificate = Pick<TlsOptions, 'cert' | 'key' | 'clientCa'>

/**
 * ChaCha20 first: a Raspberry Pi 4 has no AES instructions and is several times slower with AES. Only
 * ciphers with forward secrecy and authentication of their own.
 */
const CIPHERS = [
  'TLS_CHACHA20_POLY1305_SHA256',
  'TLS_AES_128_GCM_SHA256',
  'TLS_AES_256_GCM_SHA384',
  'ECDHE-ECDSA-CHACHA20-POLY1305',
  'ECDHE-RSA-CHACHA20-POLY1305',
  'ECDHE-ECDSA-AES128-GCM-SHA256',
  'ECDHE-RSA-AES128-GCM-SHA256',
  'ECDHE-ECDSA-AES256-GCM-SHA384',
  'ECDHE-RSA-AES256-GCM-SHA384',
].join(':')

/** Puts TLS on accepted sockets. */
export class TlsLayer {
  readonly #server: Server
  readonly #enter: Enter
  readonly #ledger: Ledger
  /** Of sockets that Node has wrapped for TLS, by their other end. */
  readonly #peers = new Map<string, Peer>()

  /** @throws {BrokerError} ERR_BAD_TLS */
  constructor(
    certificate: Certificate,
    { enter, ledger, timeoutMs }: { enter: Enter; ledger: Ledger; timeoutMs: number },
  ) {
    this.#enter = enter
    this.#ledger = ledger
    const options = { ...serverOptions(certificate), handshakeTimeout: timeoutMs }
    this.#server = createServer(options, socket => this.#secured(socket))
    this.#server.on('tlsClientError', (error: NodeJS.ErrnoException, socket) => {
      this.#failed(error.code ?? error.message, socket.remoteAddress)
      // Node leaves a socket open whose handshake took too long.
      socket.destroy()
    })
  }

  /** Takes over an accepted socket; passes it on once it is encrypted. */
  readonly enter: Enter = (socket, peer) => {
    const key = endpointOf(socket as Socket)
    this.#peers.set(key, peer)
    socket.once('close', () => this.#peers.delete(key))
    this.#server.emit('connection', socket)
  }

  /** @throws {BrokerError} ERR_BAD_TLS */
  renew(certificate: Certificate): void {
    this.#server.setSecureContext(serverOptions(certificate))
  }

  #secured(socket: TLSSocket): void {
    const peer = this.#peers.get(endpointOf(socket))
    if (!peer) return void socket.destroy() // closed meanwhile
    // Without a CA for clients none is asked for a certificate. With one the handshake fails without.
    if (!socket.authorized) return this.#enter(socket, peer)
    const names = [socket.getPeerCertificate().subject?.CN].flat()
    const [certificateName] = names
    if (certificateName && names.length === 1) this.#enter(socket, { ...peer, certificateName })
    else {
      this.#failed('the certificate has not exactly one common name', peer.address)
      socket.destroy()
    }
  }

  #failed(reason: string, address: string | undefined): void {
    this.#ledger.record({ type: 'refused', reason: `no TLS with ${address}: ${reason}` })
  }
}

function endpointOf({ remoteAddress, remotePort, localPort }: Socket): string {
  return `${remoteAddress} ${remotePort} ${localPort}`
}

function serverOptions({ cert, key, clientCa }: Certificate): NodeTlsOptions {
  const options: NodeTlsOptions = {
    cert: Buffer.from(cert),
    key: Buffer.from(key),
    minVersion: 'TLSv1.2',
    ciphers: CIPHERS,
    honorCipherOrder: true,
    // A resumed session would skip the client's certificate.
    secureOptions: constants.SSL_OP_NO_TICKET,
    ...(clientCa && { ca: Buffer.from(clientCa), requestCert: true, rejectUnauthorized: true }),
  }
  try {
    createSecureContext(options)
    return options
  } catch (cause) {
    const reason = (cause as Error).message
    const message = `certificate, key or CA of the broker cannot be used: ${reason}`
    throw new BrokerError('ERR_BAD_TLS', message, { cause })
  }
}
