/** Ways to run a model that predictions may misjudge as such. */
export type PlanKind = 'local' | 'whole' | 'stages'

/** What plans of a kind have really taken, over what was predicted; without a value nothing is known. */
export type Hindsight = Readonly<Partial<Record<PlanKind, number>>>

/**
 * A prediction as one would have made it knowing that. A device that has not been tried with the whole model is
 * taken to be misjudged as the coordinator was with it: to find out, the weights would have to be sent there.
 */
export function inHindsight(predictedMs: number, kind: PlanKind, hindsight: Hindsight): number {
  const { local, whole = local } = hindsight
  return predictedMs * ({ ...hindsight, whole }[kind] ?? 1)
}

/** What differs by less is within what predictions scatter. */
const notable = 1.3

/** Whether a ratio is far from one, either way. */
export function isNotable(ratio: number): boolean {
  return ratio > notable || ratio * notable < 1
}

/** What explains figures that one would not expect; empty where there is nothing to explain. */
export function describeHindsight(hindsight: Hindsight): string {
  const surprises = Object.entries(hindsight).filter(([, ratio]) => isNotable(ratio))
  if (surprises.length === 0) return ''
  const told = surprises.map(
    ([kind, ratio]) => `${kind} took ${ratio.toPrecision(2)} times as long`,
  )
  return ` (counting that ${told.join(', ')} as predicted)`
}
