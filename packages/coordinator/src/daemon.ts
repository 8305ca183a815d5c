import { locateBroker } from '@cocoi/discovery'
import { parseSchemeRequest } from '@cocoi/planner'
import { topics } from '@cocoi/protocol'
import {
  coordinatorSchema,
  createLogger,
  type Logger,
  loadConfig,
  logSchema,
  mqttSchema,
  orAborted,
  readBrokerAccess,
  requireFolder,
  runDaemon,
  ServiceError,
  version,
  watchEventLoop,
} from '@cocoi/service'
import { type Notice, openAgentConnections, openBulkConnection } from '@cocoi/transport'
import { Coordinator } from './coordinator.ts'
import { coordinatorWill } from './presence.ts'

/** Flags of the command line by section, as `loadConfig` overlays them. */
export interface CoordinatorFlags {
  readonly mqtt?: object
  readonly coordinator?: object
  readonly log?: object
}

interface Surroundings {
  readonly logger: Logger
  /** Aborts when the process is told to stop while it starts. */
  readonly signal: AbortSignal
}

/** Runs the coordinator until it is told to stop; configured by node-config and these flags. */
export async function runCoordinator(flags: CoordinatorFlags = {}): Promise<void> {
  const log = () => loadConfig(logSchema, { section: 'log', flags: flags.log ?? {} })
  const logger = () => createLogger({ ...log(), name: 'coordinator' })
  await runDaemon({
    name: 'coordinator',
    logger,
    start: (logger, signal) => start(flags, { logger, signal }),
  })
}

async function start(flags: CoordinatorFlags, { logger, signal }: Surroundings) {
  const config = loadConfig(coordinatorSchema, {
    section: 'coordinator',
    flags: flags.coordinator ?? {},
  })
  requireScheme(config.scheme)
  const mqtt = loadConfig(mqttSchema, { section: 'mqtt', flags: flags.mqtt ?? {} })
  await requireFolder('coordinator.state', config.state, 'write')
  await requireFolder('coordinator.models', config.models, 'read')
  const known = topics(mqtt.base)
  const { id } = config
  const search = locateBroker(readBrokerAccess(mqtt), { tell: logger.info })
  const access = await orAborted(search, signal)
  const { control, data } = openAgentConnections({
    access,
    id,
    will: session => coordinatorWill(known, session),
    onNotice: notice => logNotice(notice, logger),
  })
  const requests = openBulkConnection({ access, id, name: 'requests' })
  const eventLoop = watchEventLoop()
  const starting = Coordinator.start({
    ...{ config, version, topics: known, control, data, requests, logger },
    lagMs: () => eventLoop.lagMs(),
  })
  const coordinator = await orAborted(starting, signal)
  const stop = async () => {
    await coordinator.stop()
    eventLoop.stop()
    await Promise.all([control.close(), data.close(), requests.close()])
  }
  const isProgressing = () => coordinator.isProgressing()
  return { ready: { coordinator: id }, isProgressing, stop }
}

function logNotice({ type, message, code }: Notice, logger: Logger): void {
  const level = type === 'connected' ? 'info' : 'warn'
  logger[level](message, { notice: type, code })
}

/** The configuration knows schemes as texts only; a wrong one must not wait for the first request. */
function requireScheme(scheme: string): void {
  try {
    parseSchemeRequest(scheme)
  } catch (cause) {
    const message = `coordinator.scheme cannot be used: ${(cause as Error).message}`
    throw new ServiceError('ERR_BAD_CONFIG', message, { cause })
  }
}
