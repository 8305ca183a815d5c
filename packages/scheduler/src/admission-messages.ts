export interface AdmissionOptions {
  readonly maxRunning: number
  readonly maxWaiting: number
  readonly maxWaitingBytes: number
  /** How long an answer is kept for a request that comes again. */
  readonly rememberMs: number
  readonly maxRemembered: number
}

export type AdmissionEvent =
  | {
      readonly type: 'request'
      /** Client and request, or something unique where the client names none. */
      readonly key: string
      /** Memory it needs while it waits. */
      readonly bytes: number
      readonly deadlineAt: number
      /** Greater runs first. */
      readonly priority: number
    }
  /** It was answered. `keep` false: with an error that trying again may not meet. */
  | { readonly type: 'finished'; readonly key: string; readonly keep?: boolean }
  | { readonly type: 'cancel'; readonly key: string }
  | { readonly type: 'tick' }

export type RejectCode = 'ERR_OVERLOADED' | 'ERR_DEADLINE' | 'ERR_CANCELLED'

export type AdmissionEffect =
  | { readonly type: 'run'; readonly key: string }
  | {
      readonly type: 'reject'
      readonly key: string
      readonly code: RejectCode
      readonly message: string
    }
  /** The same request waits or runs: answer once more when it is done. */
  | { readonly type: 'join'; readonly key: string }
  /** It was answered already: send the kept answer again. */
  | { readonly type: 'repeat'; readonly key: string }
  /** Stop running it, answer that it was cancelled, and report it as finished. */
  | { readonly type: 'abort'; readonly key: string }
  /** Its answer need not be kept any longer. */
  | { readonly type: 'forget'; readonly key: string }

export interface AdmissionSnapshot {
  readonly running: readonly string[]
  readonly waiting: readonly string[]
  readonly waitingBytes: number
  readonly remembered: readonly string[]
}
