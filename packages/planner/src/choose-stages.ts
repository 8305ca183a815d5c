import type { StageLayout } from '@cocoi/partition'
import { meanOfKth } from './order-statistics.ts'
import type { CoordinatorProfile } from './profile.ts'
import { subtaskWork } from './stage-load.ts'
import type { StageOption } from './stage-options.ts'
import { workMs } from './work.ts'

/** For one stage: to distribute it in some way, or (undefined) to compute it locally. */
export type StageChoice = StageOption | undefined

interface Label {
  readonly choice: StageChoice
  readonly costMs: number
  readonly before: Label | undefined
  /** Devices that are still busy with earlier stages, and for how long. */
  readonly late: number
  readonly residueMs: number
}

/**
 * The cheapest way through the stages, by dynamic programming: for every stage and every way to run
 * it, the cheapest way to get there. Stages meet at the coordinator, so what one costs depends on
 * the one before it only through the devices that it left at work: a stage that waits for few
 * results leaves many stragglers to the next.
 *
 * @param stages in the order in which they run, each with its options
 * @returns one choice per stage
 */
export function chooseStages(
  stages: readonly { layout: StageLayout; options: readonly StageOption[] }[],
  coordinator: CoordinatorProfile,
): StageChoice[] {
  const start: Label = { choice: undefined, costMs: 0, before: undefined, late: 0, residueMs: 0 }
  let labels: readonly Label[] = [start]
  for (const { layout, options } of stages) {
    const localMs = localMsOf(layout, coordinator)
    labels = [undefined, ...options].map(choice => extend(labels, choice, localMs))
  }
  const choices: StageChoice[] = []
  const best = cheapest(labels)
  for (let label: Label | undefined = best; label?.before; label = label.before) {
    choices.push(label.choice)
  }
  return choices.reverse()
}

/** Time of a stage on the coordinator. */
export function localMsOf(layout: StageLayout, coordinator: CoordinatorProfile): number {
  return workMs(subtaskWork(layout, layout.extent), coordinator) * (1 + coordinator.straggling)
}

function extend(labels: readonly Label[], choice: StageChoice, localMs: number): Label {
  const extended = labels.map((before): Label => {
    if (!choice) {
      const residueMs = Math.max(0, before.residueMs - localMs)
      return { choice, costMs: before.costMs + localMs, before, late: before.late, residueMs }
    }
    const costMs = before.costMs + choice.meanMs + carriedMs(before, choice)
    return { choice, costMs, before, late: choice.late, residueMs: choice.residueMs }
  })
  return cheapest(extended)
}

/**
 * What busy devices add to a stage: nothing if it can do without them, except that it then waits
 * for k of fewer rows; at most until they are through.
 */
function carriedMs({ late, residueMs }: Label, { load }: StageOption): number {
  const { n, k } = load.code
  if (late === 0 || residueMs === 0) return 0
  if (k > n - late) return residueMs
  const scale = residueMs
  return Math.min(residueMs, scale * (meanOfKth(n - late, k) - meanOfKth(n, k)))
}

function cheapest(labels: readonly Label[]): Label {
  return labels.reduce((best, label) => (label.costMs < best.costMs ? label : best))
}
