import { spawn } from 'node:child_process'

/**
 * Kills a process when this one ends, however it ends: a process that is frozen does not notice that
 * its own pipe has closed. Ours to the shell closes then too.
 *
 * @returns a function that ends the guard
 */
export function guardFrozen(pid: number): () => void {
  const guard = spawn('sh', ['-c', 'read -r _; kill -KILL "$0"', String(pid)], {
    stdio: ['pipe', 'ignore', 'ignore'],
    // Ctrl-C must not end the guard before the process it watches.
    detached: true,
  })
  // Without a shell there is no guard, and the process is frozen all the same.
  guard.once('error', () => {})
  return () => void guard.kill('SIGKILL')
}
