/** What an operator should know about a connection. */
export interface Notice {
  /** `unreachable` comes once per outage, however many attempts fail. */
  readonly type: 'unreachable' | 'connected' | 'disconnected' | 'dropped' | 'handler-failed'
  readonly message: string
  readonly code?: string
}

/** Receives notices; must not throw. */
export type OnNotice = (notice: Notice) => void
