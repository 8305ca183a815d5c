import type { Principal } from './access.ts'

const FORM = /^[\x21-\x7e]{1,128}$/

/**
 * Why a client may not use this id, if so. A user may use the own name and anything that begins with
 * the own name and a hyphen, so that one agent can hold several connections.
 */
export function idRefusal(principal: Principal, id: string): string | undefined {
  if (!FORM.test(id)) return 'a client id has 1 to 128 printable ASCII characters and no space'
  if (principal.kind === 'local') return undefined
  const { name } = principal
  if (id === name || id.startsWith(`${name}-`)) return undefined
  return `the client id of ${name} must be ${name} or begin with ${name}-`
}

/**
 * Whether a newcomer may take over the id of a connected client. The id `pi-1-data` may be used by
 * the users `pi` and `pi-1`: the longer name has the better claim, so `pi` cannot cut off `pi-1`.
 */
export function mayTakeOver(newcomer: Principal, incumbent: Principal): boolean {
  return nameLength(newcomer) >= nameLength(incumbent)
}

function nameLength(principal: Principal): number {
  return principal.kind === 'user' ? principal.name.length : 0
}
