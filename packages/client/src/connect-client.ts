import { requireIdentifier, topics } from '@cocoi/protocol'
import {
  connectMqtt,
  type MqttOptions,
  type Transport,
  TransportError,
  whenConnected,
} from '@cocoi/transport'
import { CocoiClient } from './cocoi-client.ts'
import { mqttClientId } from './mqtt-client-id.ts'
import { withDeadline } from './with-deadline.ts'

type Access = Pick<
  MqttOptions,
  'username' | 'password' | 'ca' | 'cert' | 'key' | 'servername' | 'maxPayloadBytes' | 'onNotice'
>

/** Who the client is, and where the topics of the system are. */
export interface ClientIdentity {
  /** Identifier of this client, a level of its topics. */
  readonly id: string
  /** First levels of every topic. @default 'cocoi' */
  readonly base?: string
  /** How long the first connection, and then the first subscriptions, may take. @default 10000 */
  readonly connectTimeoutMs?: number
}

export interface ClientOptions extends ClientIdentity, Access {
  /** Address of the broker, for example `mqtt://192.0.2.1`; those of a cluster separated by commas. */
  readonly url: string
}

/** A tensor or an image may take a while on a slow link. */
const keepaliveS = 60

const defaultTimeoutMs = 10_000

/**
 * Connects a client.
 *
 *     const client = await connectClient({ url: 'mqtt://127.0.0.1:1883', id: 'door-camera' })
 *     const { top } = await client.infer('resnet18', { image: await readFile('cat.jpg') })
 *     await client.close()
 *
 * @throws {TransportError} ERR_BROKER_UNREACHABLE, ERR_NOT_AUTHORIZED or ERR_BAD_URL
 * @throws {ProtocolError} ERR_BAD_IDENTIFIER, ERR_BAD_TOPIC
 */
export async function connectClient(options: ClientOptions): Promise<CocoiClient> {
  const { id, base, connectTimeoutMs, ...access } = options
  requireIdentifier('client', id)
  topics(base)
  const clientId = mqttClientId(id, access.username)
  return await clientOver(connectMqtt({ ...access, clientId, keepaliveS }), options)
}

/**
 * A client over a connection of its own, which it closes, also if this fails.
 *
 * @throws as `connectClient`
 */
export async function clientOver(
  transport: Transport,
  { id, base, connectTimeoutMs = defaultTimeoutMs }: ClientIdentity,
): Promise<CocoiClient> {
  try {
    const client = new CocoiClient(requireIdentifier('client', id), transport, topics(base))
    await whenConnected(transport, connectTimeoutMs)
    await withDeadline(client.start(), connectTimeoutMs, () => notGranted(connectTimeoutMs))
    return client
  } catch (error) {
    await transport.close()
    throw error
  }
}

function notGranted(timeoutMs: number): TransportError {
  return new TransportError(
    'ERR_BROKER_UNREACHABLE',
    `connected, but the broker has not answered to subscriptions within ${timeoutMs} ms`,
  )
}
