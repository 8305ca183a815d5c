/** Packets of MQTT 3.1.1 as bytes, also ones no client library would send. */

export interface ConnectFields {
  readonly clientId?: string
  readonly clean?: boolean
  readonly keepaliveS?: number
  readonly protocol?: string
  readonly username?: string
  readonly password?: string
  readonly will?: { readonly topic: string; readonly payload: string; readonly retain?: boolean }
}

export function connectPacket(fields: ConnectFields = {}): Buffer {
  const { clientId = 'raw', clean = true, username, password, will } = fields
  const { protocol = 'MQTT', keepaliveS = 60 } = fields
  const flags =
    (clean ? 0x02 : 0) |
    (will ? 0x04 | 0x08 : 0) |
    (will?.retain ? 0x20 : 0) |
    (password === undefined ? 0 : 0x40) |
    (username === undefined ? 0 : 0x80)
  const optional = [will?.topic, will?.payload, username, password]
  return packet(0x10, [
    text(protocol),
    Buffer.from([4, flags, 0, keepaliveS]),
    text(clientId),
    ...optional.filter(field => field !== undefined).map(text),
  ])
}

/** @param topic text, or the bytes of something that is no text */
export function publishPacket(
  topic: string | Buffer,
  payload: Buffer | string = '',
  { qos = 0, retain = false } = {},
): Buffer {
  const id = qos === 0 ? [] : [Buffer.from([0, 7])]
  return packet(0x30 | (qos << 1) | (retain ? 1 : 0), [text(topic), ...id, Buffer.from(payload)])
}

export function subscribePacket(filters: readonly (string | Buffer)[], qos = 0): Buffer {
  const wanted = filters.flatMap(filter => [text(filter), Buffer.from([qos])])
  return packet(0x82, [Buffer.from([0, 9]), ...wanted])
}

export function unsubscribePacket(filters: readonly string[]): Buffer {
  return packet(0xa2, [Buffer.from([0, 9]), ...filters.map(text)])
}

/** The beginning of a packet that says how long it will be. */
export function announcement(header: number, length: number): Buffer {
  return Buffer.from([header, ...variableLength(length)])
}

export function packet(header: number, fields: readonly Buffer[]): Buffer {
  const body = Buffer.concat(fields)
  return Buffer.concat([announcement(header, body.length), body])
}

function text(value: string | Buffer): Buffer {
  const bytes = Buffer.from(value as string)
  return Buffer.concat([Buffer.from([bytes.length >> 8, bytes.length & 255]), bytes])
}

function variableLength(length: number): number[] {
  const low = length % 128
  const rest = Math.floor(length / 128)
  return rest > 0 ? [low | 128, ...variableLength(rest)] : [low]
}
