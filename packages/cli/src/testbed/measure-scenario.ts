import { seeded } from '@cocoi/coding'
import type { Bench } from '../bench.ts'
import type { Progress } from '../progress.ts'
import { warmUp } from '../situation.ts'
import { milliseconds } from '../tables.ts'
import { runTrial } from '../trial.ts'
import type { EmulatedFleet } from './emulated-fleet.ts'
import type { NamedScenario } from './flags.ts'
import type { Sample } from './measurement.ts'
import { Victims } from './victims.ts'

export interface MeasuringOptions {
  readonly schemes: readonly string[]
  readonly requests: number
  readonly seed: number
  readonly emulated: EmulatedFleet
  readonly scenario: NamedScenario
  readonly progress: Progress
}

/** Longer than the whole model takes on one slow device. */
const deadlineMs = 600_000

/**
 * Sends requests whose schemes take turns, so that whatever drifts hits all alike; each round begins with
 * another scheme. The first round is not counted: with it models are distributed, at full speed, and with
 * a second one everybody learns how long things take here.
 */
export async function measureScenario(bench: Bench, options: MeasuringOptions): Promise<Sample[]> {
  const { emulated, scenario, schemes, requests, progress, seed } = options
  for (const scheme of schemes) {
    progress.step(`distributing ${bench.model} for ${scheme}`)
    await warmUp(bench, scheme)
  }
  emulated.sortThreads(bench.cluster)
  await emulated.restrain(scenario.scenario)
  const victims = new Victims(scenario.scenario, seeded(seed))
  const lastMs = new Map<string, number>()
  const toRecover = new Set<string>()
  const samples: Sample[] = []
  progress.step(`measuring ${scenario.name}`)
  try {
    for (let round = 0; round <= requests; round++) {
      for (let i = 0; i < schemes.length; i++) {
        const scheme = schemes[(i + round) % schemes.length]!
        if (toRecover.delete(scheme)) await recover(bench, scheme, emulated)
        const trial = await ask(bench, scheme, {
          onSent: () => round > 0 && victims.strike(bench.cluster, lastMs.get(scheme) ?? 0),
        })
        lastMs.set(scheme, trial.latencyMs)
        const latency = milliseconds(trial.latencyMs / emulated.dilation)
        progress.detail(`round ${round} of ${requests}: ${scheme} ${latency}`)
        if (round > 0) samples.push({ scheme, trial })
        if (await victims.heal()) for (const one of schemes) toRecover.add(one)
      }
    }
  } finally {
    await victims.heal()
    await emulated.free()
  }
  progress.done()
  return samples
}

async function ask(bench: Bench, scheme: string, { onSent }: { onSent: () => void }) {
  const parameters = { ...bench.parameters, scheme, deadlineMs, audit: 'off' } as const
  const [input] = bench.inputs
  const trial = await runTrial(input!, { ...bench, parameters, onSent })
  // Thousands of answers are kept for their figures; their tensors would fill the memory.
  return trial.answer ? { ...trial, answer: { ...trial.answer, outputs: [] } } : trial
}

/** Until everybody takes part again. */
async function recover(bench: Bench, scheme: string, emulated: EmulatedFleet): Promise<void> {
  if (scheme !== 'local') await warmUp(bench, scheme)
  emulated.sortThreads(bench.cluster)
}
