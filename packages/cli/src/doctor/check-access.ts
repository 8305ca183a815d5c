import { type Role, readableFilters } from '@cocoi/protocol'
import { orAborted } from '@cocoi/service'
import type { Transport } from '@cocoi/transport'
import { type Finding, failure, fine, unknown } from './finding.ts'

/** For the broker to grant or refuse one subscription. */
const TIMEOUT_MS = 5000

/** Those with more rights of their own first. */
export const ROLES: readonly Role[] = ['coordinator', 'device', 'sensor', 'viewer']

/** Who asks, and what it is to be; undefined to find out. */
export interface Member {
  readonly id: string
  readonly role: Role | undefined
}

/**
 * Whether the broker lets a user read everything its role needs. What it may publish is not tried: a
 * status or a result would be taken for one.
 */
export async function checkAccess(
  transport: Transport,
  base: string,
  { id, role }: Member,
): Promise<Finding> {
  const grants = new Map<string, Promise<boolean>>()
  const mayRead = (filter: string) => {
    const answer = grants.get(filter) ?? isGranted(transport, filter)
    grants.set(filter, answer)
    return answer
  }
  const lacking = (role: Role) => refusedOf(readableFilters({ role, id }, base), mayRead)
  return role === undefined ? await guess(id, lacking) : judge(id, role, await lacking(role))
}

type Lacking = (role: Role) => Promise<string[]>

async function guess(id: string, lacking: Lacking): Promise<Finding> {
  for (const role of ROLES) {
    if ((await lacking(role)).length > 0) continue
    return fine('access', `${id} may read what a ${role} must`)
  }
  return judge(id, 'viewer', await lacking('viewer'))
}

function judge(id: string, role: Role, refused: readonly string[]): Finding {
  if (refused.length === 0) return fine('access', `${id} may read what a ${role} must`)
  const message = `${id} is not allowed to read ${refused.join(' ')}, as a ${role} must`
  const fix = `give it the role with cocoi users add ${id} --role ${role}, or another broker the rules of the topic table`
  return failure('access', message, fix)
}

/** In its place for programs on the broker's machine that gave no name. */
export function openAccess(): Finding {
  return unknown('access', 'not tried: without a name no role applies')
}

async function refusedOf(
  filters: readonly string[],
  mayRead: (filter: string) => Promise<boolean>,
): Promise<string[]> {
  const granted = await Promise.all(filters.map(mayRead))
  return filters.filter((_, i) => !granted[i])
}

async function isGranted(transport: Transport, filter: string): Promise<boolean> {
  try {
    const granted = transport.subscribe(filter, () => {})
    await orAborted(granted, AbortSignal.timeout(TIMEOUT_MS))
    return true
  } catch {
    return false
  } finally {
    await transport.unsubscribe(filter)
  }
}
