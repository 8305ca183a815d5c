export {
  type AgentConnections,
  type AgentConnectionsOptions,
  type BrokerAccess,
  openAgentConnections,
  openBulkConnection,
} from './agent-connections.ts'
export { Backoff, type BackoffOptions } from './backoff.ts'
export { connectMqtt } from './connect-mqtt.ts'
export { TransportError, type TransportErrorCode } from './errors.ts'
export type { Will } from './link.ts'
export {
  MemoryBroker,
  type MemoryBrokerOptions,
  type MemoryClientOptions,
  type MemoryTransport,
} from './memory-broker.ts'
export type { MqttOptions } from './mqtt-options.ts'
export type { Notice, OnNotice } from './notice.ts'
export { tlsFailure } from './tls-failure.ts'
export type { MessageHandler, PublishOptions, Transport } from './transport.ts'
export { type ConnectionsListener, watchConnections } from './watch-connections.ts'
export { whenConnected } from './when-connected.ts'
