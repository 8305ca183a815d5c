/** What a plan under `auto` is chosen for. */
export type Goal =
  /** Each answer as soon as possible. */
  | { readonly type: 'latency' }
  /** As many answers per second as possible, with so many requests being computed at a time. */
  | { readonly type: 'throughput'; readonly running: number }

export const soonest: Goal = { type: 'latency' }
