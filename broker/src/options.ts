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

/** What happened to a client; for logs and metrics. */
export interface BrokerEvent {
  readonly type: 'client-connected' | 'client-gone' | 'refused' | 'dropped' | 'error'
  readonly client?: string
  readonly topic?: string
  readonly reason?: string
}

/** How the broker listens, whom it admits, and what it allows them. */
export interface BrokerOptions {
  readonly host: string
  /** 0 for any free one. */
  readonly port: number
  /** First levels of every topic, such as `cocoi`. */
  readonly base: string
  /**
   * Who logs in with this name and password; undefined refuses. Without this function nobody can log
   * in.
   */
  readonly authenticate?: (username: string, password: Uint8Array) => Promise<Identity | undefined>
  /** `loopback`: clients of this machine without a name may do anything below the base. */
  readonly anonymous: 'loopback' | 'never'
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
  stats(): BrokerStats
  /** Cuts every connection. */
  close(): Promise<void>
}
