import { topics } from '@cocoi/protocol'
import { connectMqtt, type MqttOptions, type Transport, whenConnected } from '@cocoi/transport'
import { CocoiClient } from './cocoi-client.ts'

type Access = Pick<
  MqttOptions,
  'username' | 'password' | 'ca' | 'cert' | 'key' | 'maxPayloadBytes' | 'onNotice'
>

export interface ClientOptions extends Access {
  /** Address of the broker, for example `mqtt://192.0.2.1`. */
  readonly url: string
  /** Identifier of this client, a level of its topics. */
  readonly id: string
  /** First levels of every topic. @default 'cocoi' */
  readonly base?: string
  /** How long the first connection may take. @default 10000 */
  readonly connectTimeoutMs?: number
}

/** A tensor or an image may take a while on a slow link. */
const keepaliveS = 60

/**
 * Connects a client.
 *
 * @throws {TransportError} ERR_BROKER_UNREACHABLE, ERR_NOT_AUTHORIZED or ERR_BAD_URL
 */
export async function connectClient(options: ClientOptions): Promise<CocoiClient> {
  const { id, base, connectTimeoutMs = 10_000, ...access } = options
  const transport = connectMqtt({ ...access, clientId: id, keepaliveS })
  try {
    await whenConnected(transport, connectTimeoutMs)
    return await clientOver(transport, { id, ...(base === undefined ? {} : { base }) })
  } catch (error) {
    await transport.close()
    throw error
  }
}

/** A client over a connection that is already there. */
export async function clientOver(
  transport: Transport,
  { id, base }: { id: string; base?: string },
): Promise<CocoiClient> {
  const client = new CocoiClient(id, transport, topics(base))
  await client.start()
  return client
}
