import type { CocoiClient } from '@cocoi/client'
import type { InferenceAnswer, InferenceParameters } from '@cocoi/protocol'
import type { RunInput } from './inputs.ts'
import type { Oracle } from './oracle.ts'
import type { Trial } from './report.ts'

/**
 * Largest error, relative to the largest magnitude of an output, at which an answer counts as right.
 */
export const tolerance: Readonly<Record<'float16' | 'float32', number>> = {
  float16: 1e-2,
  float32: 1e-4,
}

export interface TrialOptions {
  readonly client: CocoiClient
  readonly oracle: Oracle
  readonly model: string
  readonly parameters: InferenceParameters
  /** Called when the request is on its way. */
  readonly onSent?: () => void
}

/** One request, timed from publishing it to reading its result, and compared with the oracle. */
export async function runTrial(input: RunInput, options: TrialOptions): Promise<Trial> {
  const { client, oracle, model, parameters, onSent } = options
  const startedAt = performance.now()
  const pending = client.infer(model, input.sent, parameters)
  onSent?.()
  try {
    const answer = await pending
    const latencyMs = performance.now() - startedAt
    const verdict = oracle.judge(input, answer.outputs)
    const { maxAbsError, maxRelError, sameTop } = verdict
    const within = maxRelError <= tolerance[parameters.transport ?? 'float16']
    const right = within && (sameTop || !answer.top)
    return {
      input: input.name,
      latencyMs,
      answer,
      error: undefined,
      maxAbsError,
      maxRelError,
      ok: right,
    }
  } catch (error) {
    const latencyMs = performance.now() - startedAt
    return { ...failed, input: input.name, latencyMs, error: textOf(error) }
  }
}

const failed = { answer: undefined, maxAbsError: 0, maxRelError: 0, ok: false }

function textOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return 'code' in error ? `${String(error.code)}: ${error.message}` : error.message
}

/** How many devices took part. */
export function devicesIn({ devices }: Pick<InferenceAnswer, 'devices'>): number {
  return new Set([...devices.used, ...devices.late]).size
}

/** Whether every device takes part that can, in a plan for so many. */
export function isAsAsked({ plan, devices, stages }: InferenceAnswer, cluster: number): boolean {
  if (plan.kind !== 'stages') return true
  return devicesIn({ devices }) >= Math.min(cluster, Math.max(...stages.map(({ n }) => n)))
}
