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
 * Rounds that are not counted either, until no plan has changed for so many: it takes a few answers to find
 * that a plan is not what it seemed, and at the speed of a Pi some time to make another one. One round
 * where no plan can change.
 */
const settling = { unchanged: 10, most: 30 } as const

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
    else if (!(await settle(rounds)))
      progress.print(`note: plans still change after ${settling.most} rounds of ${scenario.name}`)
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
async function settle(rounds: Rounds): Promise<boolean> {
  let [before, unchanged] = ['', 0]
  for (let i = 1; i <= settling.most; i++) {
    const plans = (await rounds.next(`${i}`)).map(planOf).sort().join()
    unchanged = plans === before ? unchanged + 1 : 0
    if (unchanged >= settling.unchanged) return true
    before = plans
  }
  return false
}

function planOf({ scheme, trial }: Sample): string {
  return `${scheme}: ${trial.answer?.plan.scheme}`
}
