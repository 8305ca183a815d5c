/** What the patience with a silent device depends on; see {@link Membership}. */
export interface Patience {
  /** H */
  readonly heartbeatMs: number
  /** J */
  readonly jitterMs: number
  /** L */
  readonly lagMs: number
}

const SUSPECT_AFTER_HEARTBEATS = 2.5
const LOST_AFTER_HEARTBEATS = 10

/** Silence after which a device is suspected: 2.5·H + 4·J + 2·L. */
export function suspectAfterMs(patience: Patience): number {
  return SUSPECT_AFTER_HEARTBEATS * patience.heartbeatMs + allowanceMs(patience)
}

/** Silence after which a device is lost: 10·H + 4·J + 2·L. */
export function lostAfterMs(patience: Patience): number {
  return LOST_AFTER_HEARTBEATS * patience.heartbeatMs + allowanceMs(patience)
}

/** J after a heartbeat that came `offMs` from its due time: J ← ¾·J + ¼·offMs, at most H. */
export function nextJitterMs(jitterMs: number, offMs: number, heartbeatMs: number): number {
  return Math.min(heartbeatMs, 0.75 * jitterMs + 0.25 * offMs)
}

/**
 * The lag counts twice: once for the time not listened, once for working through what arrived
 * meanwhile.
 */
function allowanceMs({ jitterMs, lagMs }: Patience): number {
  return 4 * jitterMs + 2 * lagMs
}
