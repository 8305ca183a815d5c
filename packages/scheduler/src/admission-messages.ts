export interface AdmissionOptions {
  readonly maxRunning: number
  readonly maxWaiting: number
  readonly maxWaitingBytes: number
  /** How long an answer is kept for a request that comes again. */
  readonly rememberMs: number
  readonly maxRemembered: number
  readonly maxRememberedBytes: number
}

/** A request as admission sees it. */
export interface AdmissionRequest {
  /** Client and request, or something unique where the client names none. */
  readonly key: string
  readonly client: string
  readonly model: string
  /** Memory it needs while it waits. */
  readonly bytes: number
  readonly deadlineAt: number
  /** Greater runs first. */
  readonly priority: number
  /** It replaces an older such one of the client and model that still waits, as a camera's frame does. */
  readonly newest: boolean
}

export type AdmissionEvent =
  | ({ readonly type: 'request' } & AdmissionRequest)
  /** It was answered, or has failed in a way that trying again may not meet. */
  | {
      readonly type: 'finished'
      readonly key: string
      /** What computing it took, without what is done once per model; undefined if it has failed. */
      readonly tookMs?: number | undefined
      /** Size of an answer that is kept for the request to come again. */
      readonly keptBytes?: number | undefined
    }
  | { readonly type: 'cancel'; readonly key: string }
  | { readonly type: 'tick' }

export type RejectCode = 'ERR_OVERLOADED' | 'ERR_SUPERSEDED' | 'ERR_DEADLINE' | 'ERR_CANCELLED'

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
  readonly rememberedBytes: number
}
