import type { Client } from 'aedes'

/** What aedes calls when a socket's buffer is full; not in its types, so a test watches it. */
interface Waiting {
  waitForDrain(done: (error: null, client: Client) => void): void
}

/**
 * Lets aedes go on after writing to a full socket. It would wait for that reader before it reads more
 * from whoever sent the message: one device that stalls would silence the coordinator (measured). What
 * piles up meanwhile is bounded by the delivery guard.
 *
 * @throws {TypeError} if aedes no longer has the method this replaces
 */
export function neverWaitForReaders(client: Client): void {
  const waiting = client as unknown as Partial<Waiting>
  if (typeof waiting.waitForDrain !== 'function') {
    throw new TypeError('this version of aedes has no waitForDrain to replace')
  }
  waiting.waitForDrain = done => void setImmediate(done, null, client)
}
