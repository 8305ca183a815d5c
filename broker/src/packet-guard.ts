import type { Client } from 'aedes'
import type { Gate } from './gate.ts'
import type { BrokerLimits } from './options.ts'

/** Longest packet other than a PUBLISH after login; a SUBSCRIBE with hundreds of filters fits. */
const MAX_CONTROL_BYTES = 65_536

/** Packets that clients send; aedes hangs up on any other without a word to anybody. */
const FROM_CLIENTS: ReadonlySet<string> = new Set([
  ...['connect', 'disconnect', 'pingreq', 'subscribe', 'unsubscribe'],
  ...['publish', 'puback', 'pubrec', 'pubrel', 'pubcomp'],
])

/** What of mqtt-packet's parser the guard needs; private to aedes, so a test watches it. */
interface PacketParser {
  readonly packet: { readonly cmd: string; readonly length: number }
  _parseLength(): boolean
  _emitError(error: Error): void
}

/**
 * Cuts a connection off as soon as it announces a packet that is too long, before a byte of it is
 * kept. aedes itself collects up to 256 MB per connection, also of strangers (measured).
 *
 * @throws {TypeError} if aedes no longer has the parser this hooks into
 */
export function guardPacketSize(client: Client, gate: Gate, limits: BrokerLimits): void {
  const parser = parserOf(client)
  const parseLength = parser._parseLength
  parser._parseLength = function (this: PacketParser): boolean {
    if (!parseLength.call(this)) return false
    const { cmd, length } = this.packet
    if (!FROM_CLIENTS.has(cmd)) {
      this._emitError(new Error(`a ${cmd} is not for a client to send`))
      return false
    }
    const limit = packetLimit(gate.isAdmitted(client), cmd, limits)
    if (length <= limit) return true
    this._emitError(new Error(`a ${cmd} of ${length} bytes is too large, at most ${limit}`))
    return false
  }
}

function packetLimit(admitted: boolean, command: string, limits: BrokerLimits): number {
  if (!admitted) return limits.maxPacketBytesBeforeLogin
  return command === 'publish' ? limits.maxPacketBytes : MAX_CONTROL_BYTES
}

function parserOf(client: Client): PacketParser {
  const { _parser: parser } = client as unknown as { _parser?: PacketParser }
  if (typeof parser?._parseLength === 'function' && typeof parser._emitError === 'function') {
    return parser
  }
  throw new TypeError('this version of aedes has no _parser to bound packets with')
}
