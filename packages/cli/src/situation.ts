import type { CocoiClient } from '@cocoi/client'
import type { InferenceParameters } from '@cocoi/protocol'
import type { Cluster } from '@cocoi/testbed'
import { CliError, exitCode } from './exit-code.ts'
import { type Faults, heal, strike } from './faults.ts'
import type { RunInput } from './inputs.ts'
import type { Oracle } from './oracle.ts'
import { type RunReport, summarise, type Trial } from './report.ts'
import { isAsAsked, runTrial } from './trial.ts'

/** What all measurements of one command share. */
export interface Bench {
  readonly cluster: Cluster
  readonly client: CocoiClient
  readonly oracle: Oracle
  readonly model: string
  readonly inputs: readonly RunInput[]
  readonly parameters: InferenceParameters
  readonly slowed: number
}

/** A scheme can only be measured once every device is ready for it; how long that may take. */
const warmUpMs = 120_000

/**
 * Sends requests until the plan for this scheme is in place, so that what is measured afterwards is
 * inference alone.
 *
 * @throws {CliError} ERR_NO_ANSWER with the reason the cluster gives
 */
export async function warmUp(bench: Bench, scheme: string): Promise<void> {
  const giveUpAt = performance.now() + warmUpMs
  const parameters = { ...bench.parameters, scheme, deadlineMs: warmUpMs }
  for (;;) {
    const trial = await runTrial(bench.inputs[0]!, { ...bench, parameters })
    if (trial.answer && isAsAsked(trial.answer, bench.cluster.devices.length)) return
    if (!trial.answer) throw new CliError('ERR_NO_ANSWER', trial.error!, exitCode.failed)
    if (performance.now() > giveUpAt) return // the report's notes say what was used instead
    if (noteIsFinal(trial, bench.cluster.devices.length)) return
    await new Promise(resolve => {
      setTimeout(resolve, 250)
    })
  }
}

/** With all devices present a remark about their number will not go away. */
function noteIsFinal({ answer }: Trial, devices: number): boolean {
  return answer!.plan.notes.every(note => note.includes(`, ${devices} are here`))
}

/** Measures one scheme: every input, `repeat` times, with the faults striking during the first. */
export async function measure(
  bench: Bench,
  scheme: string,
  {
    repeat,
    faults,
    onTrial,
  }: {
    repeat: number
    faults: Faults
    onTrial?: (trial: Trial, index: number) => void
  },
): Promise<RunReport> {
  const trials: Trial[] = []
  const parameters = { ...bench.parameters, scheme }
  for (let round = 0; round < repeat; round++) {
    for (const input of bench.inputs) {
      const first = trials.length === 0
      const onSent = () => first && strike(bench.cluster, faults)
      const trial = await runTrial(input, { ...bench, parameters, onSent })
      trials.push(trial)
      onTrial?.(trial, trials.length)
    }
  }
  await heal(bench.cluster, faults)
  const { devices } = bench.cluster
  const struck = { killed: faults.kill, frozen: faults.freeze, slowed: bench.slowed }
  return summarise({ scheme, devices: devices.length, ...struck }, trials)
}
