import type { Notice, Transport, Will } from '@cocoi/transport'

export interface ClientOptions {
  readonly clientId: string
  readonly will?: (session: number) => Will
  readonly maxPayloadBytes?: number
  readonly maxMessageBytes?: number
  readonly maxQueuedBytes?: number
  readonly onNotice?: (notice: Notice) => void
}

/** A broker with clients and the network between them, real or in memory. */
export interface World {
  connect(options: ClientOptions): Promise<Transport>
  /** Cuts the connections of a client as a dead link would. */
  sever(clientId: string): void
  /** Stops the broker; it forgets everything. */
  stop(): Promise<void>
  start(): Promise<void>
  close(): Promise<void>
}
