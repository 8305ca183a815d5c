import { setTimeout as sleep } from 'node:timers/promises'
import { type CocoiClient, InferenceError } from '@cocoi/client'
import type { InferenceAnswer } from '@cocoi/protocol'
import type { PlannedRequest } from './schedule.ts'
import { floatsOf, type Sample } from './small-cnn.ts'

/** How a request ended. */
export type Outcome =
  | { readonly end: 'right' | 'wrong'; readonly latencyMs: number; readonly detail: string }
  | { readonly end: 'error'; readonly code: string; readonly detail: string }
  | { readonly end: 'lost'; readonly detail: string }

/** An answer must be there this long after the deadline at the latest, an error too. */
export const graceMs = 5000

/** Beyond this even the client's own clock has failed. */
const hopelessMs = 3000

/** Largest difference from the oracle, relative to its largest magnitude. */
const tolerance = { float16: 0.02, float32: 0.002 } as const

/** Sends one request and waits for its end. */
export async function ask(
  client: CocoiClient,
  { model, request, planned }: { model: string; request: string; planned: PlannedRequest },
  sample: Sample,
): Promise<Outcome> {
  const startedAt = performance.now()
  const { parameters } = planned
  const tensors = [{ name: 'image', ...sample.input }]
  const limitMs = parameters.deadlineMs! + graceMs
  const giveUp = new AbortController()
  const never = sleep(limitMs + hopelessMs, undefined, { signal: giveUp.signal, ref: false }).then(
    () => {
      throw new Error('the client itself did not come back')
    },
  )
  try {
    const answering = client.infer(model, { tensors }, { ...parameters, request })
    const answer = await Promise.race([answering, never])
    const latencyMs = performance.now() - startedAt
    if (latencyMs > limitMs) return lost(`answered after ${Math.round(latencyMs)} ms`)
    return { latencyMs, ...judge(answer, sample, parameters.transport!) }
  } catch (error) {
    const { code, message } = error as InferenceError
    const known = error instanceof InferenceError && !noEnd.has(code)
    return known ? { end: 'error', code, detail: message } : lost(message)
  } finally {
    giveUp.abort()
    never.catch(() => undefined)
  }
}

/** Codes by which a client says that nobody has answered. */
const noEnd = new Set(['ERR_NO_ANSWER', 'ERR_CLOSED'])

function lost(detail: string): Outcome {
  return { end: 'lost', detail }
}

/** Compares an answer with the oracle. */
export function judge(
  answer: InferenceAnswer,
  { outputs }: Sample,
  transport: 'float16' | 'float32',
): { end: 'right' | 'wrong'; detail: string } {
  const { scheme, kind } = answer.plan
  for (const [name, want] of Object.entries(outputs)) {
    const got = answer.outputs.find(output => output.name === name)
    const error = got ? relativeError(floatsOf(got.data), want) : Number.POSITIVE_INFINITY
    if (error <= tolerance[transport]) continue
    const devices = answer.devices.used.join(', ')
    const detail = `${name} is off by ${error.toPrecision(3)} with ${kind} ${scheme} ${transport} on ${devices}`
    return { end: 'wrong', detail }
  }
  return { end: 'right', detail: `${kind} ${scheme}` }
}

function relativeError(got: Float32Array, want: Float32Array): number {
  if (got.length !== want.length) return Number.POSITIVE_INFINITY
  let [worst, scale] = [0, 0]
  for (const [i, value] of want.entries()) {
    scale = Math.max(scale, Math.abs(value))
    const difference = Math.abs(value - got[i]!)
    if (!(difference <= worst)) worst = Number.isNaN(difference) ? Infinity : difference
  }
  return worst / scale
}
