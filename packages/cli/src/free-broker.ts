import { randomBytes } from 'node:crypto'
import { connectClient } from '@cocoi/client'
import { CliError } from './errors.ts'

/**
 * Makes sure that no other system uses a broker: a virtual cluster has the same topics, so its devices
 * would work for the other coordinator, and agents of one name cut each other off.
 *
 * @throws {CliError} ERR_BROKER_IN_USE
 * @throws {TransportError} ERR_BROKER_UNREACHABLE and the like
 */
export async function requireFreeBroker(url: string): Promise<void> {
  const id = `cocoi-run-${randomBytes(4).toString('hex')}`
  const client = await connectClient({ url, id })
  try {
    // The answer to a second subscription comes after what the first one found retained.
    await client.watch.models(() => {})
    if (client.watch.coordinatorStatus?.state !== 'online') return
    const message = `a coordinator is online at ${url}, and a virtual cluster would interfere with it; leave --broker out, or stop that coordinator`
    throw new CliError('ERR_BROKER_IN_USE', message)
  } finally {
    await client.close()
  }
}
