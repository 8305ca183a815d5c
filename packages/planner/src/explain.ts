import { localMsOf } from './choose-stages.ts'
import { formatScheme, formatSchemes } from './format-scheme.ts'
import type { Fleet } from './profile.ts'
import { type CostParts, roughCost } from './rough-cost.ts'
import { type LoadOptions, type StageLoad, stageLoad } from './stage-load.ts'
import type { StageOption } from './stage-options.ts'

const partNames: Readonly<Record<keyof CostParts, string>> = {
  coding: 'encoding and decoding',
  network: "the coordinator's network",
  messages: 'messages',
  devices: 'computing on the devices',
  straggling: 'waiting for stragglers',
}

/** Milliseconds as one reads them. */
export function formatMs(ms: number): string {
  return `${ms < 10 ? ms.toFixed(1) : Math.round(ms)} ms`
}

/** What a distributed stage would take here, and what takes most of its time there. */
export function explainStage(stage: LoadOptions, load: StageLoad, fleet: Fleet): string {
  const here = formatMs(localMsOf(stage.layout, fleet.coordinator))
  return `${here} on the coordinator; away mostly ${largestPart(load, fleet)}`
}

/** Why a stage stays with the coordinator. */
export function explainLocal(localMs: number, best: StageOption | undefined, fleet: Fleet): string {
  if (!best) return 'it cannot be cut'
  const scheme = formatScheme(best.stage.code.scheme)
  return (
    `${formatMs(localMs)} here, ${formatMs(best.meanMs)} with ${scheme}, ` +
    `mostly ${largestPart(best.load, fleet)}`
  )
}

function largestPart(load: StageLoad, fleet: Fleet): string {
  const parts = Object.entries(roughCost(load, fleet)) as [keyof CostParts, number][]
  const [part, ms] = parts.reduce((a, b) => (b[1] > a[1] ? b : a))
  return `${partNames[part]} (${formatMs(ms)})`
}

/** A way to run the model that was compared with the others. */
export interface Contender {
  readonly name: string
  readonly kind: 'local' | 'whole' | 'stages'
  readonly meanMs: number
  readonly stages: readonly LoadOptions[]
}

/** Why the winner won: against one device alone, and against the best of another kind. */
export function explainChoice(
  winner: Contender,
  others: readonly Contender[],
  fleet: Fleet,
): string {
  const shared = others.filter(({ kind }) => kind === 'stages').sort(byMean)[0]
  const alone = others.find(({ kind }) => kind === 'local')
  if (winner.kind === 'stages') {
    const times = (alone?.meanMs ?? Number.NaN) / winner.meanMs
    const convs = winner.stages.reduce((sum, { layout }) => sum + layout.convs.length, 0)
    const next = shared ? `; ${shared.name} would take ${formatMs(shared.meanMs)}` : ''
    return `sharing ${convs} convolutions is ${times.toFixed(2)} times as fast as one device alone${next}`
  }
  const where =
    winner.kind === 'local' ? 'the coordinator alone' : 'one device with the whole model'
  if (!shared) return `${where} is fastest: no layer can be shared with gain`
  const away = `shared as ${shared.name} it would take ${formatMs(shared.meanMs)}`
  const dearest = totalParts(shared, fleet)
  const gain = shared.meanMs < winner.meanMs ? ', too little a gain' : ''
  return `${where} is fastest (${formatMs(winner.meanMs)}): ${away}, ${dearest}${gain}`
}

/** Why the winner answers most requests per second, and what that costs each of them. */
export function explainThroughput(winner: Contender, others: readonly Contender[]): string {
  const soonest = [winner, ...others].sort(byMean)[0]!
  const name = winner.kind === 'whole' ? 'one device for each request' : winner.name
  if (soonest === winner) return `requests queue, and ${name} is also soonest`
  const each = `each takes ${formatMs(winner.meanMs)} instead of ${formatMs(soonest.meanMs)}`
  return `requests queue: ${name} answers more of them per second than ${soonest.name}; ${each}`
}

/** Why a code cuts into the pieces it does, against the next best; there are two ways at least. */
export function explainPieces(winner: Contender, others: readonly Contender[]): string {
  const next = [...others].sort(byMean)[0]!
  const takes = `${formatSchemes(winner.stages)} takes ${formatMs(winner.meanMs)}`
  return `${takes}; ${next.name} would take ${formatMs(next.meanMs)}`
}

function byMean(a: Contender, b: Contender): number {
  return a.meanMs - b.meanMs
}

function totalParts({ stages }: Contender, fleet: Fleet): string {
  const sums = new Map<keyof CostParts, number>()
  for (const stage of stages) {
    const parts = Object.entries(roughCost(stageLoad(stage), fleet)) as [keyof CostParts, number][]
    for (const [part, ms] of parts) sums.set(part, (sums.get(part) ?? 0) + ms)
  }
  const [part, ms] = [...sums].reduce((a, b) => (b[1] > a[1] ? b : a))
  return `${formatMs(ms)} of it for ${partNames[part]}`
}
