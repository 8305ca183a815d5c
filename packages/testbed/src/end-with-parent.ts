const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/** What is to end with this process. */
export interface Ending {
  /** In order. */
  stop(): Promise<void>
  /** At once. */
  kill(): void
}

/**
 * Ends something with this process: in order upon a signal, which then has the effect it would have
 * had, unless others listen for it too; a second one has it at once. When the process exits, by force.
 *
 * @returns a function that gives this up
 */
export function endWithParent(ending: Ending): () => void {
  const onExit = () => ending.kill()
  const onSignal = (signal: NodeJS.Signals) => {
    void ending.stop().finally(() => {
      if (process.listenerCount(signal) === 0) process.kill(process.pid, signal)
    })
  }
  process.once('exit', onExit)
  for (const signal of signals) process.once(signal, onSignal)
  return () => {
    process.off('exit', onExit)
    for (const signal of signals) process.off(signal, onSignal)
  }
}
