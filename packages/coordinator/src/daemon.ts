import { mkdir } from 'node:fs/promises'
import { topics } from '@cocoi/protocol'
import {
  coordinatorSchema,
  createLogger,
  type Logger,
  loadConfig,
  logSchema,
  mqttSchema,
  readBrokerAccess,
  runDaemon,
  version,
  watchEventLoop,
} from '@cocoi/service'
import { openAgentConnections } from '@cocoi/transport'
import { Coordinator } from './coordinator.ts'
import { coordinatorWill } from './presence.ts'

/** Flags of the command line by section, as `loadConfig` overlays them. */
export interface CoordinatorFlags {
  readonly mqtt?: object
  readonly coordinator?: object
  readonly log?: object
}

/** Runs the coordinator until it is told to stop; configured by node-config and these flags. */
export async function runCoordinator(flags: CoordinatorFlags = {}): Promise<void> {
  const log = () => loadConfig(logSchema, { section: 'log', flags: flags.log ?? {} })
  const logger = () => createLogger({ ...log(), name: 'coordinator' })
  await runDaemon({ name: 'coordinator', logger, start: logger => start(flags, logger) })
}

async function start(flags: CoordinatorFlags, logger: Logger) {
  const config = loadConfig(coordinatorSchema, {
    section: 'coordinator',
    flags: flags.coordinator ?? {},
  })
  const mqtt = loadConfig(mqttSchema, { section: 'mqtt', flags: flags.mqtt ?? {} })
  await mkdir(config.state, { recursive: true })
  await mkdir(config.models, { recursive: true })
  const known = topics(mqtt.base)
  const { control, data } = openAgentConnections({
    access: readBrokerAccess(mqtt),
    id: config.id,
    will: session => coordinatorWill(known, session),
    onNotice: ({ type, message }) => logger.info(message, { notice: type }),
  })
  const eventLoop = watchEventLoop()
  const coordinator = await Coordinator.start({
    ...{ config, version, topics: known, control, data, logger },
    lagMs: () => eventLoop.lagMs(),
  })
  const stop = async () => {
    await coordinator.stop()
    eventLoop.stop()
    await Promise.all([control.close(), data.close()])
  }
  return { ready: { coordinator: config.id }, stop }
}
