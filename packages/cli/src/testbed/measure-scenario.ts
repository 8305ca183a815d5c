import { isLeftToPlanner, parseSchemeRequest } from '@cocoi/planner'
import type { Bench } from '../bench.ts'
import { warmUp } from '../situation.ts'
import type { Sample } from './measurement.ts'
import { ask, Rounds, type RoundsOptions } from './rounds.ts'

export interface MeasuringOptions extends RoundsOptions {
  /** Rounds that count. */
  readonly requests: number
}

/** Rounds at full speed, in which JavaScript is compiled. */
const warmUps = 4

/**
 * Rounds that are not counted either, until no plan has changed for so many, and for so many milliseconds of
 * a Pi: it takes a few answers to find that a plan is not what it seemed, and some seconds to make another
 * one. After so much of both it is given up. One round where no plan can change.
 */
const settling = {
  unchanged: { rounds: 5, ms: 30_000 },
  most: { rounds: 12, ms: 120_000 },
} as const

/**
 * Sends requests whose schemes take turns, so that whatever drifts hits all alike; each round begins with
 * another scheme. The first rounds are not counted: in them models are distributed and code is compiled,
 * both at full speed, and everybody learns how long things take here, until the planner changes nothing
 * any more.
 */
export async function measureScenario(bench: Bench, options: MeasuringOptions): Promise<Sample[]> {
  const { emulated, scenario, schemes, requests, progress } = options
  for (const scheme of schemes) {
    progress.step(`distributing ${bench.model} for ${scheme}`)
    await warmUp(bench, scheme)
  }
  for (let i = 0; i < warmUps; i++) for (const scheme of schemes) await ask(bench, scheme)
  emulated.sortThreads(bench.cluster)
  await emulated.restrain(scenario.scenario)
  const rounds = new Rounds(bench, options)
  try {
    progress.step(`getting used to ${scenario.name}`)
    if (!schemes.some(isLeftOpen)) await rounds.next('1')
    else if (!(await settle(rounds, emulated.dilation)))
      progress.print(`note: plans had not come to rest when ${scenario.name} was measured`)
    progress.step(`measuring ${scenario.name}`)
    const samples: Sample[] = []
    for (let i = 0; i < requests; i++)
      samples.push(...(await rounds.next(`${i + 1} of ${requests}`)))
    progress.done()
    return samples
  } finally {
    await rounds.end()
    await emulated.free()
  }
}

function isLeftOpen(scheme: string): boolean {
  return isLeftToPlanner(parseSchemeRequest(scheme))
}

/** Whether plans have come to rest. */
async function settle(rounds: Rounds, dilation: number): Promise<boolean> {
  const { unchanged, most } = settling
  const clock = () => performance.now() / dilation
  const beganAt = clock()
  let [before, since] = ['', { round: 0, at: beganAt }]
  for (let i = 1; i <= most.rounds || clock() - beganAt < most.ms; i++) {
    const plans = (await rounds.next(`${i}`)).map(planOf).sort().join()
    if (plans !== before) since = { round: i, at: clock() }
    before = plans
    if (i - since.round >= unchanged.rounds && clock() - since.at >= unchanged.ms) return true
  }
  return false
}

function planOf({ scheme, trial }: Sample): string {
  return `${scheme}: ${trial.answer?.plan.kind} ${trial.answer?.plan.scheme}`
}
