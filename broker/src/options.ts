import type { Identity } from '@cocoi/protocol'

/** Bounds on what clients may cost. */
export interface BrokerLimits {
  /** Largest PUBLISH of a client that is logged in. */
  readonly maxPacketBytes: number
  /** Largest packet before that: a CONNECT with its will. */
  readonly maxPacketBytesBeforeLogin: number
  /** Bytes that may wait for a client that does not read; what comes beyond is dropped for it. */
  readonly maxQueuedBytesPerClient: number
  readonly maxConnections: number
  readonly maxSubscriptionsPerClient: number
  /** For the CONNECT to arrive, and for its credentials to be checked. */
  readonly connectTimeoutMs: number
}

/**
 * What clients without a user name may do: `loopback` lets those of this machine do anything below the
 * base, `never` lets nobody in, `open` lets those of this machine use every topic, as a general MQTT
 * broker would.
 */
export type Anonymous = 'loopback' | 'never' | 'open'

/** A listener with TLS. */
export interface TlsOptions {
  readonly host: string
  /** 0 for any free one. */
  readonly port: number
  /** PEM: the certificate with those between it and the CA, and its key. */
  readonly cert: Uint8Array
  readonly key: Uint8Array
  /**
   * PEM. With it every client needs a certificate of this CA, whose common name is the name of the user;
   * the password does not matter then.
   */
  readonly clientCa?: Uint8Array
}

/** A listener for MQTT over WebSockets. */
export interface WebSocketOptions {
  readonly host: string
  /** 0 for any free one. */
  readonly port: number
  /** `wss` with the certificate of the TLS listener. */
  readonly secure: boolean
}

/** What happened to a client; for logs and metrics. */
export interface BrokerEvent {
  readonly type: 'client-connected' | 'client-gone' | 'refused' | 'dropped' | 'error'
  readonly client?: string
  readonly topic?: string
  readonly reason?: string
}

/** What a client showed besides name and password. */
export interface LoginProof {
  readonly address: string | undefined
  /** It holds the key of a certificate in this name. */
  readonly certified: boolean
}

/** Who this is; undefined if nobody. */
export type Authenticate = (
  username: string,
  password: Uint8Array,
  proof: LoginProof,
) => Promise<Identity | undefined>

/** How the broker listens, whom it admits, and what it allows them. */
export interface BrokerOptions {
  readonly host: string
  /** 0 for any free one. */
  readonly port: number
  /** First levels of every topic, such as `cocoi`. */
  readonly base: string
  readonly tls?: TlsOptions
  readonly ws?: WebSocketOptions
  /** Who logs in; undefined refuses. Without this function nobody can log in. */
  readonly authenticate?: Authenticate
  readonly anonymous: Anonymous
  readonly limits: BrokerLimits
  /** Must not throw. */
  readonly onEvent?: (event: BrokerEvent) => void
}

/** Counts since the start, and what is there now. */
export interface BrokerStats {
  /** Clients logged in now. */
  readonly connections: number
  /** Messages not delivered because their reader was too slow. */
  readonly dropped: number
  /** Connections, logins, publications and subscriptions refused. */
  readonly refused: number
  /** Connections that broke the protocol, kept silent for too long, or broke. */
  readonly errors: number
  /** Payload bytes. */
  readonly bytes: {
    readonly received: number
    readonly sent: number
    /** Packet bytes waiting for slow readers now. */
    readonly queued: number
  }
}

/** A running broker. */
export interface Broker {
  readonly port: number
  readonly tlsPort: number | undefined
  readonly wsPort: number | undefined
  stats(): BrokerStats
  /** Cuts the connections of these users; their wills are published. */
  disconnect(usernames: ReadonlySet<string>): void
  /**
   * Shows this certificate from now on.
   *
   * @throws {BrokerError} ERR_BAD_TLS
   */
  renewCertificate(certificate: Pick<TlsOptions, 'cert' | 'key' | 'clientCa'>): void
  /** Cuts every connection. */
  close(): Promise<void>
}
