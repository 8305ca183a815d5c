/**
 * - `ok` as it should be
 * - `warning` it works, but worse than it could
 * - `failure` something does not work
 * - `unknown` it could not be found out
 */
export type Severity = 'ok' | 'warning' | 'failure' | 'unknown'

/** What one check has found, in a sentence. */
export interface Finding {
  /** What was looked at, such as `clock`. */
  readonly check: string
  readonly severity: Severity
  readonly message: string
  /** What to do, in a sentence. */
  readonly fix?: string
}

export function fine(check: string, message: string): Finding {
  return { check, severity: 'ok', message }
}

export function warning(check: string, message: string, fix: string): Finding {
  return { check, severity: 'warning', message, fix }
}

export function failure(check: string, message: string, fix: string): Finding {
  return { check, severity: 'failure', message, fix }
}

export function unknown(check: string, message: string, fix?: string): Finding {
  return { check, severity: 'unknown', message, ...(fix !== undefined && { fix }) }
}

/** Whether nothing that was found keeps the system from working. */
export function isFine(findings: readonly Finding[]): boolean {
  return findings.every(({ severity }) => severity !== 'failure')
}
