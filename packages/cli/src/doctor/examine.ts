import { DiscoveryError, locateBroker } from '@cocoi/discovery'
import { type Role, type Topics, topics } from '@cocoi/protocol'
import {
  type CoordinatorConfig,
  coordinatorSchema,
  type DeviceConfig,
  deviceName,
  deviceSchema,
  effectiveSettings,
  loadConfig,
  type MqttConfig,
  mqttSchema,
  readBrokerAccess,
  readMachineFacts,
  ServiceError,
  version,
} from '@cocoi/service'
import type { Transport } from '@cocoi/transport'
import { checkAccess, openAccess } from './check-access.ts'
import { checkFleet } from './check-fleet.ts'
import { checkMachine, thisMemory } from './check-machine.ts'
import { checkEngine, checkPlatform, skippedEngine, thisPlatform } from './check-platform.ts'
import { type Finding, failure, fine, isFine, unknown } from './finding.ts'
import { type Login, logIn, loginOf } from './login.ts'
import { checkLink, type LinkReport, probeLink } from './probe-link.ts'
import { reachBroker } from './reach-broker.ts'
import { watchFleet } from './watch-fleet.ts'

/** What of the settings is to be different for once. */
export interface ExamineOptions {
  /** Section `mqtt`, from the command line. */
  readonly mqtt: object
  /** What the user is to be; found out if it is not given. */
  readonly role?: Role | undefined
  /** Told what is being looked at. */
  readonly onStep: (what: string) => void
}

/** Everything that was found, and the measurements behind it. */
export interface Examination {
  readonly ok: boolean
  readonly version: string
  readonly at: string
  readonly findings: readonly Finding[]
  readonly link?: LinkReport
}

/** Heartbeats come every second; some may be late. */
const WATCH_MS = 4000

interface Settings {
  readonly mqtt: MqttConfig
  readonly device: DeviceConfig
  readonly coordinator: CoordinatorConfig
}

/**
 * Looks at this machine, the broker and everybody there, and changes nothing.
 *
 * @throws {ServiceError} ERR_BAD_CONFIG if a flag of the command line is to blame
 */
export async function examine(options: ExamineOptions): Promise<Examination> {
  const findings: Finding[] = []
  options.onStep('this machine')
  findings.push(...(await examinePlatform()))
  const settings = readSettings(options.mqtt, findings)
  if (settings === undefined) return report(findings)
  const facts = await readMachineFacts(settings.device.state)
  findings.push(...checkMachine({ ...facts, memory: thisMemory() }))
  const link = await examineBroker(settings, options, findings)
  return report(findings, link)
}

function report(findings: readonly Finding[], link?: LinkReport): Examination {
  const at = new Date().toISOString()
  return { ok: isFine(findings), version, at, findings, ...(link && { link }) }
}

async function examinePlatform(): Promise<Finding[]> {
  const findings = checkPlatform(thisPlatform())
  return [...findings, isFine(findings) ? await checkEngine() : skippedEngine()]
}

/** Wrong settings in files are a finding; a wrong flag ends the command. */
function readSettings(flags: object, findings: Finding[]): Settings | undefined {
  try {
    effectiveSettings()
    findings.push(fine('settings', 'every one is valid'))
  } catch (error) {
    if (!(error instanceof ServiceError)) throw error
    const fix = 'correct it where it stands; cocoi config shows what comes from where'
    findings.push(failure('settings', error.message, fix))
    return undefined
  }
  return {
    mqtt: loadConfig(mqttSchema, { section: 'mqtt', flags }),
    device: loadConfig(deviceSchema, { section: 'device' }),
    coordinator: loadConfig(coordinatorSchema, { section: 'coordinator' }),
  }
}

async function examineBroker(
  settings: Settings,
  { role, onStep }: ExamineOptions,
  findings: Finding[],
): Promise<LinkReport | undefined> {
  onStep(`the broker at ${settings.mqtt.url}`)
  const login = await findLogin(settings, findings)
  if (login === undefined) return undefined
  const { findings: way, access } = await reachBroker(login.access)
  findings.push(...way)
  if (access === undefined) return undefined
  const { finding, ...admitted } = await logIn({ ...login, access })
  findings.push(finding)
  if (admitted.transport === undefined) return undefined
  const { transport, id } = admitted
  try {
    const known = topics(settings.mqtt.base)
    const member = { id, role: role ?? login.role }
    findings.push(
      login.user === undefined
        ? openAccess()
        : await checkAccess(transport, settings.mqtt.base, member),
    )
    onStep('the fleet')
    findings.push(...(await examineFleet(transport, known, settings)))
    onStep('the link')
    return await examineLink(transport, known.probe({ client: id }), settings.mqtt, findings)
  } finally {
    await transport.close()
  }
}

async function findLogin(settings: Settings, findings: Finding[]): Promise<Login | undefined> {
  try {
    const access = await locateBroker(readBrokerAccess(settings.mqtt))
    const { servername, url } = access
    if (servername) findings.push(fine('discovery', `found ${servername} at ${url}`))
    return loginOf(access, settings)
  } catch (error) {
    if (error instanceof DiscoveryError) {
      findings.push(
        failure('discovery', error.message, 'set mqtt.url to the address of the broker'),
      )
      return undefined
    }
    if (!(error instanceof ServiceError)) throw error
    findings.push(failure('credentials', error.message, 'run this with sudo, or correct the file'))
    return undefined
  }
}

async function examineFleet(
  transport: Transport,
  known: Topics,
  { device }: Settings,
): Promise<Finding[]> {
  try {
    const view = await watchFleet(transport, known, WATCH_MS)
    return checkFleet(view, { version, device: deviceName(device) })
  } catch (error) {
    return [unknown('devices', `the fleet cannot be watched: ${textOf(error)}`)]
  }
}

async function examineLink(
  transport: Transport,
  topic: string,
  { maxPayloadBytes }: MqttConfig,
  findings: Finding[],
): Promise<LinkReport | undefined> {
  try {
    const link = await probeLink(transport, topic, maxPayloadBytes)
    findings.push(...checkLink(link, maxPayloadBytes))
    return link
  } catch (error) {
    const fix = `allow every user to publish and read ${topic}`
    findings.push(unknown('message size', `cannot be measured: ${textOf(error)}`, fix))
    return undefined
  }
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
