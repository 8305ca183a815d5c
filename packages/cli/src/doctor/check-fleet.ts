import { counted } from '../tables.ts'
import { type ClockReading, checkClocks } from './check-clocks.ts'
import { checkMachine } from './check-machine.ts'
import { type Finding, failure, fine, warning } from './finding.ts'
import type { Agent, FleetView } from './watch-fleet.ts'

/** Who looks. */
export interface Observer {
  readonly version: string
  /** Device of this machine, which is looked at from inside. */
  readonly device: string
}

/** Who is there, who is not, and what the heartbeats of the others tell. */
export function checkFleet(view: FleetView, { version, device }: Observer): Finding[] {
  return [
    checkCoordinator(view),
    ...checkDevices(view),
    checkVersions(view, version),
    ...checkClocks(clocksOf(view, device)),
    ...checkMachines(view, device),
    ...checkReadable(view),
  ]
}

function checkCoordinator({ coordinator, watchedMs }: FleetView): Finding {
  const { status } = coordinator
  const fix = 'look at it with journalctl -u cocoi-coordinator on its machine, and start it'
  if (status === undefined) {
    return failure('coordinator', 'there is none, so nobody answers requests', fix)
  }
  if (status.state !== 'online') {
    const since = `${status.state} since ${status.since}`
    return failure('coordinator', `${since}, so nobody answers requests`, fix)
  }
  if (coordinator.isLive) return fine('coordinator', 'online')
  const silence = `it has sent no heartbeat for ${seconds(watchedMs)}`
  return failure('coordinator', `online, but ${silence}`, fix)
}

function checkDevices({ devices, watchedMs }: FleetView): Finding[] {
  const inState = (test: (agent: Agent<unknown>) => boolean) =>
    [...devices].filter(([, agent]) => test(agent)).map(([id]) => id)
  const live = inState(({ status, isLive }) => status?.state === 'online' && isLive)
  const silent = inState(({ status, isLive }) => status?.state === 'online' && !isLive)
  const lost = inState(({ status }) => status?.state === 'offline')
  const check = 'devices'
  return [
    live.length > 0
      ? fine(check, `${counted(live.length, 'device')} at work: ${live.join(' ')}`)
      : warning(check, 'none is at work', 'start cocoi device on other machines'),
    ...silent.map(id =>
      warning(
        check,
        `${id} says it is online, but has sent no heartbeat for ${seconds(watchedMs)}`,
        `look at it with journalctl -u cocoi-device on ${id}, or switch it off and on`,
      ),
    ),
    ...lost.map(id =>
      warning(
        check,
        `${id} is lost since ${devices.get(id)!.status!.since}`,
        `see that it has power and network; if it is gone for good, cocoi users remove ${id}`,
      ),
    ),
  ]
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`
}

function checkVersions({ coordinator, devices }: FleetView, version: string): Finding {
  const others = [...devices, ['the coordinator', coordinator] as const].flatMap(([who, agent]) => {
    const theirs = agent.status?.version
    return theirs === undefined || theirs === version ? [] : [`${who} ${theirs}`]
  })
  if (others.length === 0) return fine('versions', `everybody has ${version}`)
  const message = `here it is ${version}, but ${others.join(', ')}`
  return warning('versions', message, 'install the same release everywhere: install.sh --upgrade')
}

function clocksOf({ coordinator, devices }: FleetView, own: string): ClockReading[] {
  const all: [string, Agent<unknown>][] = [['the coordinator', coordinator], ...devices]
  return all.flatMap(([who, { clockAheadMs }]) =>
    clockAheadMs === undefined || who === own ? [] : [{ who, aheadMs: clockAheadMs }],
  )
}

/**
 * Only what is wrong: a line for each thing that is right with each device would be a wall. Of the
 * device here only what the kernel may have forgotten and its agent has not.
 */
function checkMachines({ devices }: FleetView, own: string): Finding[] {
  return [...devices].flatMap(([id, { health, isLive }]) => {
    if (health === undefined || !isLive) return []
    return checkMachine(health)
      .filter(
        ({ severity, check }) => severity !== 'ok' && (id !== own || /power|heat/.test(check)),
      )
      .map(finding => ({ ...finding, message: `${id}: ${finding.message}` }))
  })
}

function checkReadable({ unreadable }: FleetView): Finding[] {
  if (unreadable.length === 0) return []
  const message = `what is on ${unreadable.join(' ')} cannot be read`
  const fix = 'install the same release everywhere, and let no other program publish there'
  return [warning('messages', message, fix)]
}
