import type { Status } from '@cocoi/protocol'
import { InferenceError } from './errors.ts'

/** What is known when a request went unanswered. */
export interface Circumstances {
  readonly model: string
  readonly timeoutMs: number
  /** Whether there is a connection to the broker. */
  readonly connected: boolean
  /** Status of the coordinator, if it ever announced one. */
  readonly coordinator: Status | undefined
  /** First levels of every topic. */
  readonly base: string
  /** Malformed messages skipped so far. */
  readonly dropped: number
}

/** The error of a request nobody answered, with what to check. */
export function noAnswer(circumstances: Circumstances): InferenceError {
  const { model, timeoutMs, dropped } = circumstances
  const malformed = dropped > 0 ? `; ${dropped} malformed messages were skipped` : ''
  const message = `no answer from ${model} within ${timeoutMs} ms`
  return new InferenceError('ERR_NO_ANSWER', `${message}: ${advice(circumstances)}${malformed}`)
}

function advice({ connected, coordinator, base }: Circumstances): string {
  if (!connected) return 'there is no connection to the broker; check that it runs'
  if (!coordinator) {
    return `no coordinator has announced itself below ${base}/; start one with this base topic`
  }
  const { state, since, reason } = coordinator
  if (state === 'online') return 'the coordinator is online; check its log, or wait longer'
  const why = reason === undefined ? '' : ` (${reason})`
  return `the coordinator is ${state} since ${since}${why}; check that it runs`
}
