import type { Fleet } from '@cocoi/planner'
import type { Machine, Site } from '@cocoi/testbed'
import { convSpeed } from './conv-speed.ts'
import { coordinatorHardware, type Hardware, hardwareOf } from './hardware.ts'
import { linkSpeed } from './link-speed.ts'

/** A kind of computer as it was to be and as it came out, undilated. */
export interface CalibratedComputer {
  /** The first of its kind. */
  readonly machine: string
  readonly wantedFlopsPerS: number
  readonly measuredFlopsPerS: number
  /** Share of one core here for onnxruntime, and for each thread of JavaScript; dilated. */
  readonly engineCores: number
  readonly jsCores: number
}

export interface CalibratedLink {
  readonly machine: string
  readonly wantedBytesPerS: number
  readonly measuredBytesPerS: number
  /** What its token bucket lets pass; dilated. */
  readonly limitBytesPerS: number
}

/** How the emulated computers came out; part of the report. */
export interface Calibration {
  readonly dilation: number
  /** Convolutions of one core of this machine. */
  readonly coreFlopsPerS: number
  readonly computers: readonly CalibratedComputer[]
  /** All links of one speed, or the one medium. */
  readonly links: readonly CalibratedLink[]
}

/** How often a limit is corrected at most, and how far off is near enough. */
const tries = 6
const tolerance = 0.03

interface Context {
  readonly site: Site
  readonly dilation: number
  readonly coreFlopsPerS: number
  readonly onStep: (text: string) => void
}

/** Machines by what they are to be; names are those of the site. */
export function hardwareByMachine(fleet: Fleet): Map<string, Hardware> {
  const devices = fleet.devices.map((device, i) => [`pi${i + 1}`, hardwareOf(device)] as const)
  return new Map([['coordinator', coordinatorHardware(fleet.coordinator)], ...devices])
}

/** Convolutions of one core of this machine, per second of the core's time. */
export async function coreSpeed(site: Site): Promise<number> {
  const { flopsPerCpuS } = await convSpeed(site.machine('coordinator'), { flopsPerS: 50e9 })
  return flopsPerCpuS
}

/** Measures one machine of each kind, and corrects its limits until it is what it is to be. */
export async function calibrate(
  hardware: ReadonlyMap<string, Hardware>,
  context: Context & { readonly isShared: boolean },
): Promise<Calibration> {
  const { dilation, coreFlopsPerS } = context
  const links: CalibratedLink[] = []
  for (const [name, one] of firstOfEach(hardware, linkOf)) {
    if (name === 'coordinator') continue
    links.push(await calibrateLink(name, one.linkBytesPerS, context))
    if (context.isShared) break
  }
  const computers: CalibratedComputer[] = []
  for (const [name, one] of firstOfEach(hardware, computerOf)) {
    computers.push(await calibrateComputer(name, one, context))
  }
  return { dilation, coreFlopsPerS, computers, links }
}

/** Two kinds of hardware are one if this is the same. */
export function computerOf({ flopsPerS, runtimeFlopsPerS, jsCores }: Hardware): string {
  return [flopsPerS, runtimeFlopsPerS, jsCores].join()
}

function linkOf({ linkBytesPerS }: Hardware): string {
  return String(linkBytesPerS)
}

/** The coordinator comes last: what a device is like as well is measured on a device. */
function firstOfEach(
  hardware: ReadonlyMap<string, Hardware>,
  kindOf: (one: Hardware) => string,
): [string, Hardware][] {
  const [coordinator, ...devices] = [...hardware]
  const seen = new Set<string>()
  return [...devices, coordinator!].filter(([, one]) => {
    const isNew = !seen.has(kindOf(one))
    seen.add(kindOf(one))
    return isNew
  })
}

async function calibrateLink(
  name: string,
  wantedBytesPerS: number,
  { site, dilation, onStep, isShared }: Context & { isShared: boolean },
): Promise<CalibratedLink> {
  const [from, to] = [site.machine(name), site.machine('coordinator')]
  const wanted = wantedBytesPerS / dilation
  const { limit, measured } = await approach(wanted, wanted, async limit => {
    onStep(`link of ${name}`)
    if (isShared) await site.network.limitMedium(limit)
    else await from.host.limit(limit)
    return linkSpeed(from, to, wanted)
  })
  await (isShared ? site.network.limitMedium(undefined) : from.host.limit(undefined))
  const measuredBytesPerS = measured * dilation
  return { machine: name, wantedBytesPerS, measuredBytesPerS, limitBytesPerS: limit }
}

async function calibrateComputer(
  name: string,
  hardware: Hardware,
  { site, dilation, coreFlopsPerS, onStep }: Context,
): Promise<CalibratedComputer> {
  const machine: Machine = site.machine(name)
  const flopsPerS = hardware.flopsPerS / dilation
  const found = await approach(flopsPerS / coreFlopsPerS, flopsPerS, cores => {
    onStep(`arithmetic of ${name}`)
    machine.groups.engine.limit(cores)
    return convSpeed(machine, { flopsPerS }).then(speed => speed.flopsPerS)
  })
  machine.groups.engine.limit(found.limit)
  const { runtimeFlopsPerS: runtime, jsCores } = hardware
  const runtimeFlopsPerS = runtime === undefined ? undefined : runtime / dilation
  const imitated = runtimeFlopsPerS && (await convSpeed(machine, { flopsPerS, runtimeFlopsPerS }))
  const measured = imitated ? imitated.flopsPerS : found.measured
  machine.groups.engine.limit(undefined)
  return {
    ...{ machine: name, wantedFlopsPerS: runtime ?? hardware.flopsPerS },
    ...{ measuredFlopsPerS: measured * dilation, engineCores: found.limit },
    jsCores: jsCores / dilation,
  }
}

/**
 * Corrects a limit until what is measured is near enough to what is wanted. This machine is not equally
 * fast at all times: of limits that are all off the one that was nearest is taken.
 */
async function approach(
  first: number,
  wanted: number,
  measure: (limit: number) => Promise<number>,
): Promise<{ limit: number; measured: number }> {
  const errorOf = (measured: number) => Math.abs(Math.log(measured / wanted))
  let [limit, nearest] = [first, { limit: first, measured: 0 }]
  for (let i = 0; i < tries && errorOf(nearest.measured) > tolerance; i++) {
    const measured = await measure(limit)
    if (errorOf(measured) < errorOf(nearest.measured)) nearest = { limit, measured }
    limit *= wanted / measured
  }
  return nearest
}
