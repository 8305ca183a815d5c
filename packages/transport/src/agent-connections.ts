import { connectMqtt } from './connect-mqtt.ts'
import type { Will } from './link.ts'
import type { MqttOptions } from './mqtt-options.ts'
import type { Transport } from './transport.ts'

/** Where the broker is and as whom to speak to it. */
export interface BrokerAccess
  extends Pick<
    MqttOptions,
    'url' | 'username' | 'password' | 'ca' | 'cert' | 'key' | 'servername' | 'maxPayloadBytes'
  > {}

export interface AgentConnectionsOptions {
  readonly access: BrokerAccess
  /** Identifier of the agent; its connections are `<id>:control` and `<id>:data`. */
  readonly id: string
  readonly will: (session: number) => Will
  readonly nextSession?: (previous: number) => number
  readonly onNotice?: NonNullable<MqttOptions['onNotice']>
}

/** The two connections of an agent. */
export interface AgentConnections {
  /** Small messages: status, heartbeats, plans. Carries the will. */
  readonly control: Transport
  /** Tensors and weights. */
  readonly data: Transport
}

/** A dead control connection is noticed by the broker after one and a half times this. */
const controlKeepaliveS = 5

/** Long, for brokers that take a large tensor on its way for silence; ours does not. */
const dataKeepaliveS = 60

/**
 * Two connections, because on one a long transfer would delay heartbeats until broker and client
 * take each other for dead.
 */
export function openAgentConnections(options: AgentConnectionsOptions): AgentConnections {
  const { access, id, will, nextSession, onNotice } = options
  const common = { ...access, ...(onNotice ? { onNotice } : {}) }
  const control = connectMqtt({
    ...common,
    ...(nextSession ? { nextSession } : {}),
    clientId: `${id}:control`,
    keepaliveS: controlKeepaliveS,
    will,
  })
  return { control, data: openBulkConnection({ access, id, name: 'data' }) }
}

/** One more connection of an agent, `<id>:<name>`, for large messages. */
export function openBulkConnection(options: {
  readonly access: BrokerAccess
  readonly id: string
  readonly name: string
}): Transport {
  const { access, id, name } = options
  // One outage is told once: by the control connection.
  return connectMqtt({ ...access, clientId: `${id}:${name}`, keepaliveS: dataKeepaliveS })
}
