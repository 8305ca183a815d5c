import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import { join } from 'node:path'

/**
 * How a new device joins, in the CONNECT of MQTT 3.1.1 alone: no topic for strangers, no state between
 * two messages, and nothing the broker must send back.
 *
 * The device draws its own secret S of 256 random bits and keeps it. It logs in with its id as the user
 * name and, as password, S together with HMAC-SHA256(token, id and S). The broker checks the proof, notes
 * SHA-256(S) under that id, and from then on S alone is the credential of that id; the proof is not
 * looked at again, so both connections of an agent, and every retry, may send the same password.
 *
 * - The token never travels: who listens to one login cannot let in another device with it.
 * - The credential is not derived from the token: who learns the token later can let in new devices,
 *   but cannot speak for those that have joined, and replacing the token locks nobody out.
 * - A proof is bound to one id and one S, and an id that is taken is refused whatever the proof.
 */
export interface JoinRequest {
  /** S: 256 random bits in base64url. */
  readonly secret: string
  readonly proof: string
}

const FORM = /^join\.([A-Za-z0-9_-]{43})\.([A-Za-z0-9_-]{43})$/

/** 256 random bits in base64url: 43 letters, digits, `_` and `-`. */
export function newSecret(): string {
  return randomBytes(32).toString('base64url')
}

/** Where a device keeps its secret; the file is there once it has tried to join. */
export function deviceSecretFile(state: string): string {
  return join(state, 'secret')
}

/** A token that lets devices join; its beginning tells people what it is. */
export function newJoinToken(): string {
  return `cocoi-join-${newSecret()}`
}

/** The password by which this device joins. */
export function joinPassword(token: string, device: string, secret: string): string {
  return `join.${secret}.${proofOf(token, device, secret)}`
}

/** Takes such a password apart; undefined if it is none. */
export function parseJoinPassword(password: string): JoinRequest | undefined {
  const [, secret, proof] = FORM.exec(password) ?? []
  return secret && proof ? { secret, proof } : undefined
}

/** Whether the request was made for this device by somebody who knows the token. */
export function mayJoin(token: string, device: string, { secret, proof }: JoinRequest): boolean {
  return timingSafeEqual(Buffer.from(proof), Buffer.from(proofOf(token, device, secret)))
}

function proofOf(token: string, device: string, secret: string): string {
  return createHmac('sha256', token).update(`cocoi join\n${device}\n${secret}`).digest('base64url')
}
