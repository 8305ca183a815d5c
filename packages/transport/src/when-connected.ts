import { Connection } from './connection.ts'
import { TransportError } from './errors.ts'
import type { Transport } from './transport.ts'

/**
 * Waits for the first connection and returns its session number. The transport goes on trying after
 * a rejection; close it if it is not wanted.
 *
 * @throws {TransportError} ERR_NOT_AUTHORIZED as soon as the broker refuses the client,
 *   ERR_BROKER_UNREACHABLE after `timeoutMs`, ERR_CLOSED
 */
export async function whenConnected(transport: Transport, timeoutMs: number): Promise<number> {
  const endings: (() => void)[] = []
  let latest: TransportError | undefined
  try {
    return await new Promise<number>((resolve, reject) => {
      const timer = setTimeout(() => reject(unreachable(timeoutMs, latest)), timeoutMs)
      endings.push(() => clearTimeout(timer), transport.onConnect(resolve))
      if (!(transport instanceof Connection)) return
      const end = transport.onFailedAttempt(failure => {
        latest = failure
        if (failure.code !== 'ERR_BROKER_UNREACHABLE') reject(failure)
      })
      endings.push(end)
    })
  } finally {
    for (const end of endings) end()
  }
}

function unreachable(timeoutMs: number, cause: TransportError | undefined): TransportError {
  const reason = cause?.message ?? 'no answer of the broker'
  return new TransportError(
    'ERR_BROKER_UNREACHABLE',
    `not connected in ${timeoutMs} ms: ${reason}`,
    {
      cause,
    },
  )
}
