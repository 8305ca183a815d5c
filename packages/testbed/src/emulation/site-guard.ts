import { spawn } from 'node:child_process'

export interface SiteGuardOptions {
  /** Of the CPU groups, if there are any. */
  readonly folder?: string
  readonly namespaces: readonly string[]
}

/** Ends what still runs, a few times since the groups stay until the last thread is gone. */
const script = `
read -r _
folder=$1; shift
for _ in 1 2 3 4 5 6 7 8 9 10; do
  [ -d "$folder" ] || break
  find "$folder" -name cgroup.procs -exec cat {} + 2>/dev/null | xargs -r kill -KILL 2>/dev/null
  sleep 0.2
  find "$folder" -depth -type d -exec rmdir {} + 2>/dev/null
done
for namespace in "$@"; do ip netns del "$namespace" 2>/dev/null; done
`

/**
 * Removes groups and namespaces when this process ends without having done so, however it ends: its pipe
 * to the shell closes then.
 *
 * @returns a function that ends the guard
 */
export function guardSite({ folder = '', namespaces }: SiteGuardOptions): () => void {
  const guard = spawn('sh', ['-c', script, 'guard', folder, ...namespaces], {
    stdio: ['pipe', 'ignore', 'ignore'],
    // Ctrl-C must not end the guard before the process it watches.
    detached: true,
  })
  // Without it the next site removes what is left.
  guard.once('error', () => {})
  guard.unref()
  return () => void guard.kill('SIGKILL')
}
