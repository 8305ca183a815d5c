import { setTimeout as delay } from 'node:timers/promises'
import type { Bench } from './bench.ts'
import { type Faults, heal, strike } from './faults.ts'
import { type RunReport, summarise, type Trial } from './report.ts'
import { devicesIn, isAsAsked, runTrial } from './trial.ts'

/** A scheme can only be measured once every device is ready for it; how long that may take. */
const warmUpMs = { firstAnswer: 120_000, everyDevice: 30_000, pause: 250 } as const

/**
 * Sends requests until the plan for this scheme is in place, so that what is measured afterwards is
 * inference alone.
 *
 * @param least devices that are to take part; by default all that the plan has rows for
 * @throws the reason for which the cluster does not answer
 */
export async function warmUp(bench: Bench, scheme: string, least?: number): Promise<void> {
  await bench.fleet.complete()
  const parameters = { ...bench.parameters, scheme, deadlineMs: warmUpMs.firstAnswer }
  const ask = () => bench.client.infer(bench.model, bench.inputs[0]!.sent, parameters)
  const devices = bench.cluster.devices.length
  let answer = await ask()
  // After a while the report's notes say which device does not take part.
  const giveUpAt = performance.now() + warmUpMs.everyDevice
  const isInPlace = () => {
    if (answer.plan.kind !== 'stages') return true
    if (least !== undefined) return devicesIn(answer) >= least
    // Under auto a device may well have no part in the plan.
    return scheme === 'auto' || isAsAsked(answer, devices)
  }
  while (!isInPlace() && performance.now() < giveUpAt) {
    await delay(warmUpMs.pause)
    answer = await ask()
  }
}

/** How one scheme is measured. */
export interface Measuring {
  /** How often each input is sent. */
  readonly repeat: number
  readonly faults: Faults
  readonly onTrial?: (trial: Trial, index: number) => void
}

/** Measures one scheme: every input, `repeat` times, with the faults striking during the first. */
export async function measure(
  bench: Bench,
  scheme: string,
  { repeat, faults, onTrial }: Measuring,
): Promise<RunReport> {
  const trials: Trial[] = []
  const parameters = { ...bench.parameters, scheme }
  for (let round = 0; round < repeat; round++) {
    for (const input of bench.inputs) {
      const first = trials.length === 0
      const onSent = () => first && strike(bench.cluster, faults)
      const trial = await runTrial(input, { ...bench, parameters, onSent })
      onTrial?.(trial, trials.length + 1)
      trials.push(withoutOutputs(trial))
    }
  }
  await heal(bench.cluster, faults)
  const { devices } = bench.cluster
  const struck = { killed: faults.kill, frozen: faults.freeze, slowed: bench.slowed }
  return summarise({ scheme, devices: devices.length, ...struck }, trials)
}

/** Thousands of answers are kept for their figures; their tensors would fill the memory. */
function withoutOutputs(trial: Trial): Trial {
  return trial.answer ? { ...trial, answer: { ...trial.answer, outputs: [] } } : trial
}
