import { mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { TestbedError } from '../errors.ts'
import { abandoned, entries } from './site-name.ts'

/** Threads that share a part of the processor. */
export interface CpuGroup {
  /** A process that writes its id here joins, with all its threads. */
  readonly joinFile: string
  /** How much of one core it may use; undefined for no limit. */
  limit(cores: number | undefined): void
  /** Moves a thread of a process that is in a group of the same machine; false if it is gone. */
  take(thread: number): boolean
}

/** The least time that a group may run before it waits: shorter slices are mostly switching. */
const sliceMs = 1
/** Limits of the kernel, and a period that a Pi's own scheduler would have. */
const periodMs = { least: 5, most: 1000 }

/** Times as much of a busy processor as one ordinary process, for all groups of a site together. */
const preference = 20

/**
 * A folder of groups for one site, in control groups of version 1 or 2, whichever has the cpu
 * controller here. Needs root.
 */
export class CpuGroups {
  readonly folder: string
  readonly #hierarchy: Hierarchy

  private constructor(hierarchy: Hierarchy, site: string) {
    this.#hierarchy = hierarchy
    this.folder = join(hierarchy.root, site)
  }

  /** @throws {TestbedError} ERR_NO_EMULATION */
  static async open(site: string): Promise<CpuGroups> {
    const hierarchy = findHierarchy(readFileSync('/proc/self/mountinfo', 'utf8'))
    const left = abandoned(entries(hierarchy.root)).map(name => join(hierarchy.root, name))
    for (const folder of left) await removeGroups(folder)
    const groups = new CpuGroups(hierarchy, site)
    try {
      hierarchy.prepareFolder(groups.folder)
      hierarchy.prefer(groups.folder)
    } catch (error) {
      const message = `cannot make CPU groups in ${hierarchy.root}: ${(error as Error).message}`
      throw new TestbedError('ERR_NO_EMULATION', message)
    }
    return groups
  }

  /** A machine with these groups, for its processes and threads. */
  machine<Name extends string>(machine: string, names: readonly Name[]): Record<Name, CpuGroup> {
    const folder = join(this.folder, machine)
    this.#hierarchy.prepareFolder(folder)
    const made = names.map(name => [name, this.#hierarchy.group(join(folder, name))])
    return Object.fromEntries(made) as Record<Name, CpuGroup>
  }

  /** Ends what still runs in the groups, and removes them. */
  close(): Promise<void> {
    return removeGroups(this.folder)
  }
}

interface Hierarchy {
  readonly root: string
  /** Makes a folder whose groups may be limited. */
  prepareFolder(folder: string): void
  /** Whoever else computes here must not slow down a computer that has its share. */
  prefer(folder: string): void
  group(folder: string): CpuGroup
}

/**
 * @param mounts text of /proc/self/mountinfo
 * @throws {TestbedError} ERR_NO_EMULATION
 */
export function findHierarchy(mounts: string): Hierarchy {
  const found = mounts.split('\n').map(line => {
    const [before = '', after = ''] = line.split(' - ')
    const [type = '', , options = ''] = after.split(' ')
    return { type, root: before.split(' ')[4] ?? '', options: options.split(',') }
  })
  const old = found.find(({ type, options }) => type === 'cgroup' && options.includes('cpu'))
  if (old) return version1(old.root)
  const unified = found.find(({ type, root }) => type === 'cgroup2' && hasCpu(root))
  if (unified) return version2(unified.root)
  const message =
    'no mounted control group has the cpu controller, so that no speed can be imitated'
  throw new TestbedError('ERR_NO_EMULATION', message)
}

function hasCpu(root: string): boolean {
  try {
    return readFileSync(join(root, 'cgroup.controllers'), 'utf8').split(/\s+/).includes('cpu')
  } catch {
    return false
  }
}

/** Documentation/admin-guide/cgroup-v1: a thread is in any group, whatever its process is in. */
function version1(root: string): Hierarchy {
  return {
    root,
    prepareFolder: folder => mkdirSync(folder),
    prefer: folder => write(folder, 'cpu.shares', preference * 1024),
    group(folder) {
      mkdirSync(folder)
      const limit = (cores: number | undefined) => {
        const { quotaUs, periodUs } = slices(cores)
        // The period cannot be made shorter than a quota that is still in force.
        write(folder, 'cpu.cfs_quota_us', '-1')
        write(folder, 'cpu.cfs_period_us', periodUs)
        if (quotaUs !== undefined) write(folder, 'cpu.cfs_quota_us', quotaUs)
      }
      const take = (thread: number) => writeThread(folder, 'tasks', thread)
      return { joinFile: join(folder, 'cgroup.procs'), limit, take }
    },
  }
}

/** Documentation/admin-guide/cgroup-v2: threads of one process are in groups of one threaded folder. */
function version2(root: string): Hierarchy {
  const delegate = (folder: string) => write(folder, 'cgroup.subtree_control', '+cpu')
  return {
    root,
    prepareFolder(folder) {
      delegate(join(folder, '..'))
      mkdirSync(folder)
    },
    prefer: folder => write(folder, 'cpu.weight', preference * 100),
    group(folder) {
      mkdirSync(folder)
      write(folder, 'cgroup.type', 'threaded')
      delegate(join(folder, '..'))
      const limit = (cores: number | undefined) => {
        const { quotaUs, periodUs } = slices(cores)
        write(folder, 'cpu.max', `${quotaUs ?? 'max'} ${periodUs}`)
      }
      const take = (thread: number) => writeThread(folder, 'cgroup.threads', thread)
      return { joinFile: join(folder, 'cgroup.procs'), limit, take }
    },
  }
}

function slices(cores: number | undefined): { quotaUs: number | undefined; periodUs: number } {
  if (cores === undefined) return { quotaUs: undefined, periodUs: 100_000 }
  const wanted = Math.max(periodMs.least, sliceMs / cores)
  const periodUs = Math.round(Math.min(periodMs.most, wanted) * 1000)
  return { quotaUs: Math.max(1000, Math.round(periodUs * cores)), periodUs }
}

function write(folder: string, file: string, value: string | number): void {
  writeFileSync(join(folder, file), String(value))
}

function writeThread(folder: string, file: string, thread: number): boolean {
  try {
    write(folder, file, thread)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false
    throw error
  }
}

/** How often a group is asked to go while its processes are ending. */
const patience = { times: 100, pauseMs: 50 }

async function removeGroups(folder: string): Promise<void> {
  for (let i = 0; i < patience.times && !tryRemove(folder); i++) await delay(patience.pauseMs)
}

function tryRemove(folder: string): boolean {
  for (const child of children(folder)) tryRemove(child)
  for (const pid of processes(folder)) kill(pid)
  try {
    rmdirSync(folder)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT'
  }
}

function children(folder: string): string[] {
  return entries(folder)
    .map(name => join(folder, name))
    .filter(path => entries(path).includes('cgroup.procs'))
}

/** In version 2 those of a threaded group are listed by the folder above only. */
function processes(folder: string): number[] {
  try {
    const text = readFileSync(join(folder, 'cgroup.procs'), 'utf8')
    return text.split('\n').filter(Boolean).map(Number)
  } catch {
    return []
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {} // It has just ended by itself.
}
