import type { AttemptKey } from './attempts.ts'
import type { Span } from './span.ts'

export interface StageOptions {
  /** n: rows 0…n−1 are sent at the start. */
  readonly rows: number
  /** Rows that may be added when those are not enough. */
  readonly recoveryRows: readonly number[]
  /** Asked once for every set of rows. */
  readonly decodable: Span
  /** Devices to use, fastest first. */
  readonly devices: readonly string[]
  /** Attempts a device may hold at a time. */
  readonly maxOutstanding: number
  /**
   * Where a device of an uneven fleet is to have a share of the rows that differs from
   * `maxOutstanding`. With 0 it is asked only when nobody else has a free place.
   */
  readonly places?: Readonly<Record<string, number>> | undefined
  readonly subtaskTimeoutMs: number
  /**
   * What a subtask of this stage hardly ever takes longer than, from its history: a first attempt that
   * does is hedged if the span needs it, a second one after twice that time, and so on. Absent while
   * there is no history.
   */
  readonly hedgeAfterMs?: number | undefined
  readonly deadlineAt: number
  /** Whether the coordinator can compute rows itself. */
  readonly local: boolean
  /** Whether it computes a row sooner than a device computes two: it then takes what would queue. */
  readonly localHelps?: boolean | undefined
  /**
   * Wait until every result is determined by the others as well, so that they can be held against
   * each other, as far as somebody is still at work on that.
   */
  readonly audit?: boolean | undefined
}

export type StageEvent =
  | { readonly type: 'start' | 'tick' | 'cancel' }
  | ({ readonly type: 'result' } & AttemptKey)
  | ({ readonly type: 'failure'; readonly code: string } & AttemptKey)
  | {
      readonly type: 'device-lost' | 'device-suspect' | 'device-available'
      readonly device: string
    }

export type StageErrorCode = 'ERR_DEADLINE' | 'ERR_CANCELLED' | 'ERR_STAGE_FAILED'

export type StageEffect =
  | ({ readonly type: 'dispatch'; readonly timeoutMs: number } & AttemptKey)
  /** The device, or the coordinator if it is LOCAL, may drop the attempt. */
  | ({ readonly type: 'cancel' } & AttemptKey)
  /** The coordinator is to compute the row and to report it as a result or failure of LOCAL. */
  | { readonly type: 'compute'; readonly row: number; readonly attempt: number }
  /** `late`: the devices that were cancelled because others had answered. */
  | { readonly type: 'complete'; readonly late: readonly string[] }
  | { readonly type: 'fail'; readonly code: StageErrorCode; readonly message: string }

export interface StageSnapshot {
  readonly phase: 'ready' | 'running' | 'complete' | 'failed'
  readonly received: readonly number[]
  readonly outstanding: readonly (AttemptKey & {
    expiresAt: number
    overdue: boolean
    expired: boolean
  })[]
  /** Rows never sent yet. */
  readonly waiting: readonly number[]
  readonly devices: Readonly<Record<string, 'live' | 'suspect' | 'lost'>>
}
