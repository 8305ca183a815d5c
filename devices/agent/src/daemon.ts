import { locateBroker } from '@cocoi/discovery'
import { topics } from '@cocoi/protocol'
import {
  createLogger,
  deviceName,
  deviceSchema,
  type Logger,
  loadConfig,
  logSchema,
  mqttSchema,
  orAborted,
  readBrokerAccess,
  requireFolder,
  runDaemon,
  version,
  watchEventLoop,
} from '@cocoi/service'
import { type Notice, openAgentConnections } from '@cocoi/transport'
import { Agent } from './agent.ts'
import { withDeviceCredential } from './credential.ts'
import { statusWill } from './presence.ts'
import { Restlessness } from './restlessness.ts'
import { SessionCounter } from './session-counter.ts'

/** Flags of the command line by section, as `loadConfig` overlays them. */
export interface DeviceFlags {
  readonly mqtt?: object
  readonly device?: object
  readonly log?: object
}

interface Surroundings {
  readonly logger: Logger
  /** Aborts when the process is told to stop while it starts. */
  readonly signal: AbortSignal
}

/** Runs the device agent until it is told to stop; configured by node-config and these flags. */
export async function runDevice(flags: DeviceFlags = {}): Promise<void> {
  const log = () => loadConfig(logSchema, { section: 'log', flags: flags.log ?? {} })
  const logger = () => createLogger({ ...log(), name: 'device' })
  await runDaemon({
    name: 'device',
    logger,
    start: (logger, signal) => start(flags, { logger, signal }),
  })
}

async function start(flags: DeviceFlags, { logger, signal }: Surroundings) {
  const config = loadConfig(deviceSchema, { section: 'device', flags: flags.device ?? {} })
  const mqtt = loadConfig(mqttSchema, { section: 'mqtt', flags: flags.mqtt ?? {} })
  const device = deviceName(config)
  await requireFolder('device.state', config.state, 'write')
  const credential = { ...config, device }
  const search = locateBroker(readBrokerAccess(mqtt), { tell: logger.info })
  const access = await withDeviceCredential(await orAborted(search, signal), credential)
  const sessions = new SessionCounter(config.state)
  const known = topics(mqtt.base)
  const restlessness = new Restlessness()
  const { control, data } = openAgentConnections({
    access,
    id: device,
    will: session => statusWill(known, device, session),
    nextSession: () => sessions.next(Date.now()),
    onNotice: notice => logNotice(notice, { device, logger, restlessness }),
  })
  const eventLoop = watchEventLoop()
  const starting = Agent.start({
    ...{ device, version, config, topics: known, control, data, logger },
    lagMs: () => eventLoop.lagMs(),
    keepSession: session => sessions.keep(session),
  })
  const agent = await orAborted(starting, signal)
  const disconnect = () => Promise.all([control.close(), data.close()])
  const stop = async () => {
    await agent.stop('the agent was told to stop')
    eventLoop.stop()
    await disconnect()
  }
  // Goes without a will or a word, which would be taken for those of the device that stays.
  const failure = agent.retired.then(async reason => {
    await disconnect()
    return reason
  })
  return { ready: { device }, isProgressing: () => agent.isProgressing(), failure, stop }
}

function logNotice(
  { type, message, code }: Notice,
  { device, logger, restlessness }: { device: string; logger: Logger; restlessness: Restlessness },
): void {
  const level = type === 'connected' ? 'info' : 'warn'
  logger[level](message, { notice: type, code })
  if (type !== 'disconnected' || !restlessness.lost(performance.now())) return
  const hint = `if another device is named "${device}" too, give each a name of its own (device.id)`
  logger.warn(`the connection is lost again and again: ${hint}`, { code: 'ERR_RESTLESS' })
}
