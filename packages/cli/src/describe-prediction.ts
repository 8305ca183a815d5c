import { formatScheme, type ModelPlan, type ModelPrediction } from '@cocoi/planner'
import { milliseconds, table } from './tables.ts'
import { inLines, roomFor } from './text-width.ts'

/** Least room for a line of what is beside. */
const leastReason = 24

/**
 * What a plan is predicted to take on devices of a profile, beside one device alone, and why.
 *
 * @param width columns to stay within where the numbers leave room; Infinity to break no line
 */
export function describePrediction(
  plan: ModelPlan,
  profile: string,
  width = Number.POSITIVE_INFINITY,
): string[] {
  const prediction = plan.predict()
  const { total, alone, codingShare, why } = prediction
  const times = `p50 ${milliseconds(total.p50Ms)}, p99 ${milliseconds(total.p99Ms)}`
  const besides = plan.kind === 'local' ? '' : `; one device alone ${milliseconds(alone.p50Ms)}`
  const coding = plan.kind === 'stages' ? `, ${(100 * codingShare).toFixed(1)} % of it coding` : ''
  return [
    `Predicted for ${profile}: ${times}${coding}${besides}`,
    `Why: ${why}`,
    ...(plan.stages.length > 0 ? ['', stageTable(plan, { prediction, width })] : []),
  ]
}

/**
 * Rows are those of one device; k° is the k of the paper's surrogate, k* the best one found by drawing;
 * `-` without a code.
 */
function stageTable(
  { stages }: ModelPlan,
  { prediction, width }: { prediction: ModelPrediction; width: number },
): string {
  const head = ['stage', 'scheme', 'rows', 'p50', 'p99', 'k°', 'k*', 'beside']
  const rows = stages.map(({ layout, code, rowsPerDevice }, i) => {
    const { p50Ms, p99Ms, surrogateK, bestK, why } = prediction.stages[i]!
    const shares = rowsPerDevice ? rangeOf(rowsPerDevice) : '1'
    const pieces = [surrogateK, bestK].map(k => String(k ?? '-'))
    const times = [milliseconds(p50Ms), milliseconds(p99Ms)]
    return [String(layout.id), formatScheme(code.scheme), shares, ...times, ...pieces, why]
  })
  const last = head.length - 1
  const numbers = [head, ...rows].map(row => row.with(last, ''))
  const room = Math.max(leastReason, roomFor(width, numbers, last))
  const broken = rows.map(row => row.with(last, inLines(row[last]!.split(' '), room)))
  return table(head, broken, ['left', 'left', 'right', 'right', 'right', 'right', 'right', 'left'])
}

function rangeOf(counts: readonly number[]): string {
  const [least, most] = [Math.min(...counts), Math.max(...counts)]
  return least === most ? String(least) : `${least}–${most}`
}
