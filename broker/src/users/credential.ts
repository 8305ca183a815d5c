import { createHash, timingSafeEqual } from 'node:crypto'

/** What scrypt costs: 2^ln rounds, block size r, p lanes; memory is 128 · 2^ln · r bytes. */
export interface ScryptCost {
  readonly ln: number
  readonly r: number
  readonly p: number
}

/** How a user proves to be the one. */
export type Credential =
  /** A password, maybe one that a person has chosen. */
  | (ScryptCost & { readonly kind: 'password'; readonly salt: Buffer; readonly hash: Buffer })
  /** 256 random bits: nobody can guess them, so one round of SHA-256 is enough. */
  | { readonly kind: 'secret'; readonly hash: Buffer }
  /** Nothing but a client certificate in this name. */
  | { readonly kind: 'certificate' }

/** Stands in the users file for somebody who can log in by certificate only. */
export const CERTIFICATE_ONLY = '*'

const BASE64 = '[A-Za-z0-9+/]+'
const SCRYPT = new RegExp(
  `^\\$scrypt\\$ln=(\\d{1,2}),r=(\\d{1,2}),p=(\\d)\\$(${BASE64})\\$(${BASE64})$`,
)
const SHA256 = new RegExp(`^\\$sha256\\$(${BASE64})$`)

/**
 * Reads a credential as it stands in the users file: `$scrypt$ln=15,r=8,p=1$salt$hash` (PHC string
 * format, base64 without padding), `$sha256$hash` or `*`. Undefined for anything else, and for costs
 * beyond 256 MiB.
 */
export function parseCredential(text: string): Credential | undefined {
  if (text === CERTIFICATE_ONLY) return { kind: 'certificate' }
  const [, digest] = SHA256.exec(text) ?? []
  if (digest) return sized({ kind: 'secret' as const, hash: Buffer.from(digest, 'base64') })
  const [, ln, r, p, salt = '', hash = ''] = SCRYPT.exec(text) ?? []
  const cost = { ln: Number(ln), r: Number(r), p: Number(p) }
  if (!ln || !isAffordable(cost)) return undefined
  const [saltBytes, hashBytes] = [Buffer.from(salt, 'base64'), Buffer.from(hash, 'base64')]
  return sized({ kind: 'password' as const, ...cost, salt: saltBytes, hash: hashBytes })
}

/** The credential as it stands in the users file. */
export function formatCredential(credential: Credential): string {
  if (credential.kind === 'certificate') return CERTIFICATE_ONLY
  if (credential.kind === 'secret') return `$sha256$${base64(credential.hash)}`
  const { ln, r, p, salt, hash } = credential
  return `$scrypt$ln=${ln},r=${r},p=${p}$${base64(salt)}$${base64(hash)}`
}

/** The credential of somebody who holds this secret of 256 random bits. */
export function secretCredential(secret: string): string {
  return formatCredential({ kind: 'secret', hash: sha256(secret) })
}

/** Whether these bytes are the secret. */
export function matchesSecret(candidate: Uint8Array | string, { hash }: { hash: Buffer }): boolean {
  return timingSafeEqual(sha256(candidate), hash)
}

function isAffordable({ ln, r, p }: ScryptCost): boolean {
  return ln >= 10 && r >= 1 && p >= 1 && p <= 4 && 128 * 2 ** ln * r <= 256 * 2 ** 20
}

function sized<C extends { readonly hash: Buffer }>(credential: C): C | undefined {
  return credential.hash.length === 32 ? credential : undefined
}

function sha256(bytes: Uint8Array | string): Buffer {
  return createHash('sha256').update(bytes).digest()
}

function base64(bytes: Buffer): string {
  return bytes.toString('base64').replace(/=+$/, '')
}
