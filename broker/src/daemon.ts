import {
  type BrokerConfig,
  brokerSchema,
  createLogger,
  type Logger,
  loadConfig,
  logSchema,
  mqttSchema,
  runDaemon,
} from '@cocoi/service'
import type { BrokerEvent, BrokerOptions } from './options.ts'
import { startBroker } from './start-broker.ts'

/** Flags of the command line by section, as `loadConfig` overlays them. */
export interface BrokerFlags {
  readonly mqtt?: object
  readonly broker?: object
  readonly log?: object
}

/** Runs the broker until it is told to stop; configured by node-config and these flags. */
export async function runBroker(flags: BrokerFlags = {}): Promise<void> {
  const log = () => loadConfig(logSchema, { section: 'log', flags: flags.log ?? {} })
  const logger = () => createLogger({ ...log(), name: 'broker' })
  await runDaemon({ name: 'broker', logger, start: logger => start(flags, logger) })
}

async function start(flags: BrokerFlags, logger: Logger) {
  const config = loadConfig(brokerSchema, { section: 'broker', flags: flags.broker ?? {} })
  const { base } = loadConfig(mqttSchema, { section: 'mqtt', flags: flags.mqtt ?? {} })
  const broker = await startBroker({ ...optionsOf(config, logger), base })
  logger.info('listening', { host: config.host, port: broker.port })
  return { ready: { host: config.host, port: broker.port }, stop: () => broker.close() }
}

function optionsOf(config: BrokerConfig, logger: Logger): Omit<BrokerOptions, 'base'> {
  const { host, port, anonymous, ...limits } = config
  return { host, port, anonymous, limits, onEvent: event => log(event, logger) }
}

function log({ type, client, topic, reason }: BrokerEvent, logger: Logger): void {
  const fields = { client, topic, reason }
  if (type === 'client-connected' || type === 'client-gone') logger.debug(type, fields)
  else logger.warn(type, fields)
}
