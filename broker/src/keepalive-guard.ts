import type { Client } from 'aedes'

/** What of aedes the guard needs; not in its types, so a test watches it. */
interface Listening {
  readonly _parser?: { parse(bytes: Uint8Array): number }
  /** There is none before login, and for clients that ask for none. */
  readonly _keepaliveTimer?: NodeJS.Timeout | null
}

/**
 * Takes every byte of a client for a sign of life. aedes waits for whole packets, and so cuts off a
 * healthy client in the middle of a transfer that takes longer than one and a half keepalive periods
 * (measured); mosquitto looks at bytes, too.
 *
 * @throws {TypeError} if aedes no longer has the parser this hooks into
 */
export function takeBytesForLife(client: Client): void {
  const listening = client as unknown as Listening
  const { _parser: parser } = listening
  if (typeof parser?.parse !== 'function') {
    throw new TypeError('this version of aedes has no _parser to listen to')
  }
  const parse = parser.parse.bind(parser)
  parser.parse = bytes => {
    listening._keepaliveTimer?.refresh()
    return parse(bytes)
  }
}
