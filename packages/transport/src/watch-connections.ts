import type { Transport } from './transport.ts'

/** What becomes of the connections of an agent. */
export interface ConnectionsListener {
  /** All are up, with every subscription: `session` is that of the control connection. */
  onComplete(session: number): void
  /** The control connection is up but another one is lost, so that the agent has to say it itself. */
  onIncomplete(reason: string): void
}

/**
 * Follows the connections of an agent. One that announces itself as soon as its control
 * connection is up is sent tensors that nobody receives.
 *
 * @returns a function that ends it
 */
export function watchConnections(
  { control, data, requests }: { control: Transport; data: Transport; requests?: Transport },
  { onComplete, onIncomplete }: ConnectionsListener,
): () => void {
  const others = requests ? [data, requests] : [data]
  let session: number | undefined
  const check = () => {
    const isComplete = control.connected && others.every(({ connected }) => connected)
    if (session !== undefined && isComplete) onComplete(session)
  }
  const endings = [
    control.onConnect(renewed => {
      session = renewed
      check()
    }),
    ...others.map(other => other.onConnect(check)),
    ...others.map(other =>
      other.onDisconnect(reason => {
        if (control.connected) onIncomplete(reason)
      }),
    ),
  ]
  return () => {
    for (const end of endings) end()
  }
}
