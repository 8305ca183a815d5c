import type { Status } from '@cocoi/protocol'

/**
 * Whether a status is the late word of an older session: the will of a connection that was replaced,
 * or a farewell on it. `online` is never late, for only what lives says so: a machine without a
 * clock of its own may come back with a smaller number.
 */
export function isLateStatus(status: Status, known: Status | undefined): boolean {
  return status.state !== 'online' && known !== undefined && status.session < known.session
}

/** Whether a heartbeat belongs to an older session than the status does. */
export function isLateHealth(
  { session }: { readonly session: number },
  status: Status | undefined,
): boolean {
  return status !== undefined && session < status.session
}
