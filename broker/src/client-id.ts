import type { Principal } from './access.ts'

const FORM = /^[\x21-\x7e]([\x20-\x7e]{0,126}[\x21-\x7e])?$/

/**
 * Why a client may not use this id, if so. A user may use the own name, and the own name, a colon and
 * anything, so that one agent can hold several connections. No user name has a colon: nobody can take
 * over, or occupy, an id that belongs to somebody else.
 */
export function idRefusal(principal: Principal, id: string): string | undefined {
  if (!FORM.test(id)) return 'a client id has 1 to 128 printable ASCII characters'
  if (principal.kind === 'local') return undefined
  const { name } = principal
  if (id === name || id.startsWith(`${name}:`)) return undefined
  return `the client id of ${name} must be ${name} or begin with ${name}:`
}

/** Whether a newcomer may take over the id of a connected client: everybody from an anonymous one. */
export function mayTakeOver(newcomer: Principal, incumbent: Principal): boolean {
  return newcomer.kind === 'user' || incumbent.kind === 'local'
}
