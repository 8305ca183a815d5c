import type { Scheme } from '@cocoi/coding'
import { type StageLayout, splitExtent } from '@cocoi/partition'
import { maxRows } from './candidates.ts'
import { codeStage } from './code-stage.ts'
import { comparePlans, plainestOf, sharedDraft } from './compare-plans.ts'
import { explainPieces } from './explain.ts'
import { formatScheme } from './format-scheme.ts'
import type { LoadOptions } from './stage-load.ts'
import { StageOptions, type Surroundings } from './stage-options.ts'
import type { WorkGraph } from './work-graph.ts'

type MdsScheme = Extract<Scheme, { type: 'mds' }>

export interface PieceChoiceInput {
  readonly graph: WorkGraph
  /** What is distributed; at least one. */
  readonly layouts: readonly StageLayout[]
  readonly surroundings: Surroundings
}

/** Stages with the number of pieces that is predicted to be best, and why. */
export interface ChosenPieces {
  readonly stages: readonly LoadOptions[]
  readonly why: string
}

/**
 * Chooses k of an (n, k) MDS code by Monte Carlo, as CoCoI's k*: whole inferences are drawn with every k for
 * all stages alike, and with the best k of each stage by itself, which overlooks the devices that one
 * stage leaves at work when the next begins. There are no spare rows where they would gain next to nothing:
 * without stragglers and failures k is n.
 */
export function choosePieces(input: PieceChoiceInput): ChosenPieces {
  const schemes = schemesOf(input.surroundings)
  const alike = schemes.map(scheme => {
    const stages = input.layouts.map(layout =>
      codeStage(layout, fitted(scheme, layout), input.surroundings),
    )
    return sharedDraft(input.graph, `${formatScheme(scheme)} everywhere`, stages)
  })
  const byStage = sharedDraft(input.graph, 'chosen by stage', bestByStage(input, schemes))
  const plans = comparePlans([...alike, byStage], input.surroundings)
  const winner = plainestOf(plans)
  const others = plans.filter(plan => plan !== winner)
  return { stages: winner.stages, why: explainPieces(winner, others) }
}

/** A stage that has fewer rows than k makes pieces keeps the number of spare rows, not that of all. */
function fitted({ n, k, type }: MdsScheme, { extent }: StageLayout): MdsScheme {
  const pieces = splitExtent(extent, k).starts.length
  return { type, n: pieces + n - k, k: pieces }
}

/** The code with every k that noise does not spoil. */
function schemesOf({ fleet, codes }: Surroundings): MdsScheme[] {
  const n = Math.min(fleet.devices.length, maxRows)
  const schemes = sparesOf(n).map((spare): MdsScheme => ({ type: 'mds', n, k: n - spare }))
  return schemes.filter(scheme => codes.isQuiet(scheme))
}

/** From none to n − 1: all while they are few, then steps of about a seventh. */
function sparesOf(n: number): number[] {
  const spares: number[] = []
  for (let spare = 0; spare < n; spare = Math.max(spare + 1, Math.floor(spare * 1.15))) {
    spares.push(spare)
  }
  return spares
}

function bestByStage(
  { layouts, surroundings }: PieceChoiceInput,
  schemes: readonly MdsScheme[],
): LoadOptions[] {
  const options = new StageOptions(surroundings)
  return layouts.map(layout => {
    const fitting = schemes.map(scheme => fitted(scheme, layout))
    return options.bestOf(layout, fitting)
  })
}
