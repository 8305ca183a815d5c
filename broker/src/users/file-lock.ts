import { open, rm, stat } from 'node:fs/promises'
import { setTimeout as later } from 'node:timers/promises'
import { BrokerError } from '../errors.ts'

const PAUSE_MS = 20
const PATIENCE_MS = 10_000
/** Whoever holds the lock reads and writes one small file; after this long that process has died. */
const STALE_MS = 5000

/**
 * Runs `act` while no other process does the same for this path: the broker and `cocoi users` both
 * change the users file.
 *
 * @throws {BrokerError} ERR_BAD_USERS if the lock stays taken for 10 s
 */
export async function withFileLock<T>(path: string, act: () => Promise<T>): Promise<T> {
  const lock = `${path}.lock`
  const patience = AbortSignal.timeout(PATIENCE_MS)
  while (!(await take(lock))) {
    if (patience.aborted) {
      const message = `${path} is being changed by somebody else; if nobody does, remove ${lock}`
      throw new BrokerError('ERR_BAD_USERS', message)
    }
    await later(PAUSE_MS)
  }
  try {
    return await act()
  } finally {
    await rm(lock, { force: true })
  }
}

async function take(lock: string): Promise<boolean> {
  try {
    await (await open(lock, 'wx', 0o600)).close()
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    if (await isStale(lock)) await rm(lock, { force: true })
    return false
  }
}

async function isStale(lock: string): Promise<boolean> {
  try {
    return Date.now() - (await stat(lock)).mtimeMs > STALE_MS
  } catch {
    return false // it has just been given back
  }
}
