import type { CoordinatorConfig } from '@cocoi/service'
import type { Audit } from './audit.ts'

/** Whose results are audited. */
export type AuditMode = CoordinatorConfig['audit']

/** Of so many requests one is audited where they are sampled. */
const sampleEvery = 50

/** Says which requests are audited, and numbers the audits. */
export class Audits {
  #requests = 0
  #audits = 0

  /** How the next request is audited; undefined if it is not. */
  next(mode: AuditMode): Audit | undefined {
    if (mode === 'off') return undefined
    this.#requests += 1
    if (mode === 'sampled' && this.#requests % sampleEvery !== 0) return undefined
    this.#audits += 1
    return { turn: this.#audits, isThorough: mode === 'always' }
  }
}
