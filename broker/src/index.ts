export { type BrokerFlags, runBroker } from './daemon.ts'
export { BrokerError, type BrokerErrorCode } from './errors.ts'
export type { Broker, BrokerEvent, BrokerLimits, BrokerOptions, BrokerStats } from './options.ts'
export { startBroker } from './start-broker.ts'
