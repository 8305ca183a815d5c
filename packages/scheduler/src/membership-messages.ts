export interface MembershipOptions {
  /** Time between two heartbeats of a device. */
  readonly heartbeatMs: number
  /** Devices remembered, present or not; default 1000. */
  readonly maxDevices?: number
}

/** What a device says of itself, or its will says of it. */
export type StatusState = 'online' | 'starting' | 'draining' | 'stopped' | 'offline'

export type MembershipEvent =
  | {
      readonly type: 'status'
      readonly device: string
      readonly session: number
      readonly state: StatusState
    }
  | {
      readonly type: 'heartbeat'
      readonly device: string
      readonly session: number
      readonly seq: number
    }
  /** The observer was busy for so long since its last report. */
  | { readonly type: 'lag'; readonly lagMs: number }
  /** The observer's connection was lost: nobody is heard before it is back. */
  | { readonly type: 'deaf' }
  | { readonly type: 'tick' }

export type MembershipEffect =
  | { readonly type: 'joined'; readonly device: string; readonly session: number }
  | { readonly type: 'suspected' | 'recovered'; readonly device: string }
  | { readonly type: 'lost'; readonly device: string; readonly reason: string }

/**
 * `away`: not to be used until it says `online`; `silent`: lost, a heartbeat brings it back; `gone`:
 * only a newer session brings it back.
 */
export type DeviceState = 'alive' | 'suspect' | 'silent' | 'away' | 'gone'

export interface MembershipSnapshot {
  readonly devices: Readonly<
    Record<string, { session: number; state: DeviceState; heardAt: number; jitterMs: number }>
  >
  readonly lagMs: number
}
