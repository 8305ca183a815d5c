import type { Transport } from './transport.ts'

/** What becomes of the two connections of an agent. */
export interface ConnectionsListener {
  /** Both are up, with every subscription: `session` is that of the control connection. */
  onComplete(session: number): void
  /** Only the data connection is lost, so that the agent has to say it itself. */
  onIncomplete(reason: string): void
}

/**
 * Follows the two connections of an agent. One that announces itself as soon as its control
 * connection is up is sent tensors that nobody receives.
 *
 * @returns a function that ends it
 */
export function watchConnections(
  { control, data }: { control: Transport; data: Transport },
  { onComplete, onIncomplete }: ConnectionsListener,
): () => void {
  let session: number | undefined
  const check = () => {
    if (session !== undefined && control.connected && data.connected) onComplete(session)
  }
  const endings = [
    control.onConnect(renewed => {
      session = renewed
      check()
    }),
    data.onConnect(check),
    data.onDisconnect(reason => {
      if (control.connected) onIncomplete(reason)
    }),
  ]
  return () => {
    for (const end of endings) end()
  }
}
