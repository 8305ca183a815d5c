import { readFileSync } from 'node:fs'
import {
  type BrokerConfig,
  brokerSchema,
  createLogger,
  type Logger,
  loadConfig,
  logSchema,
  mqttSchema,
  readSecret,
  runDaemon,
} from '@cocoi/service'
import { announce } from './announce.ts'
import { BrokerError } from './errors.ts'
import { EventLog } from './event-log.ts'
import type { Certificate } from './listen/tls-layer.ts'
import type { Broker, BrokerOptions } from './options.ts'
import { startBroker } from './start-broker.ts'
import { Accounts } from './users/accounts.ts'
import { watchFiles } from './watch-files.ts'

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
  let broker: Broker | undefined
  const accounts = accountsOf(config, logger, names => broker?.disconnect(names))
  const running = await startBroker({ ...optionsOf(config, logger, accounts), base })
  broker = running
  const renew = () => renewCertificate(config, running)
  const stopAnnouncing = announce(config, running, logger)
  const stopWatching = watchFiles({ refresh: () => accounts?.refresh(), renew, logger })
  const ready = readyOf(config, running)
  logger.info('listening', ready)
  const stop = async () => {
    stopWatching()
    await stopAnnouncing()
    await running.close()
  }
  return { ready, stop }
}

function readyOf({ host }: BrokerConfig, { port, tlsPort, wsPort }: Broker) {
  return { host, port, ...(tlsPort && { tlsPort }), ...(wsPort && { wsPort }) }
}

function accountsOf(
  { usersFile, joinTokenFile }: BrokerConfig,
  logger: Logger,
  cutOff: (names: ReadonlySet<string>) => void,
): Accounts | undefined {
  if (usersFile === '') return undefined
  return new Accounts({
    usersFile,
    joinTokenFile,
    onJoin: device => logger.info('a device has joined', { device }),
    onChange: names => {
      logger.info('users have changed', { users: [...names].join(' ') })
      cutOff(names)
    },
  })
}

function optionsOf(
  config: BrokerConfig,
  logger: Logger,
  accounts: Accounts | undefined,
): Omit<BrokerOptions, 'base'> {
  const { host, port, anonymous, usersFile, joinTokenFile, tls, ws, ...limits } = config
  const log = new EventLog(logger)
  const authenticate: BrokerOptions['authenticate'] = (username, password, proof) =>
    accounts!.authenticate({ username, password, ...proof })
  return {
    ...{ host, port, anonymous, limits, onEvent: event => log.write(event) },
    ...(accounts && { authenticate }),
    ...(tls.certFile && { tls: { host: tls.host, port: tls.port, ...readCertificate(tls) } }),
    ...(ws.mode !== 'off' && { ws: { host: ws.host, port: ws.port, secure: ws.mode === 'wss' } }),
  }
}

function renewCertificate({ tls }: BrokerConfig, broker: Broker): void {
  if (tls.certFile) broker.renewCertificate(readCertificate(tls))
}

function readCertificate({ certFile, keyFile, clientCaFile }: BrokerConfig['tls']): Certificate {
  try {
    return {
      cert: readFileSync(certFile),
      key: Buffer.from(readSecret(keyFile)),
      ...(clientCaFile && { clientCa: readFileSync(clientCaFile) }),
    }
  } catch (cause) {
    const message = `broker.tls cannot be used: ${(cause as Error).message}`
    throw new BrokerError('ERR_BAD_TLS', message, { cause })
  }
}
