/** Ways to run a model that predictions may misjudge as such. */
export type PlanKind = 'local' | 'whole' | 'stages'

/** What plans of a kind have really taken, over what was predicted; without a value nothing is known. */
export type Hindsight = Readonly<Partial<Record<PlanKind, number>>>

/** A prediction as one would have made it knowing that. */
export function inHindsight(predictedMs: number, kind: PlanKind, hindsight: Hindsight): number {
  return predictedMs * (hindsight[kind] ?? 1)
}
