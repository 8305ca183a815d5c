import type { ModelPlan, StagePlan } from '@cocoi/planner'
import { bytes, counted, flops, table } from './tables.ts'

type Local = ModelPlan['local'][number]

/** Least room for the name of a layer, however narrow the terminal. */
const leastName = 12

/**
 * A plan for people: what is distributed and what that moves, what stays and why.
 *
 * @param width columns to stay within, by shortening names; Infinity to leave them whole
 */
export function describePlan(plan: ModelPlan, width: number): string[] {
  const { stages, local, notes } = plan
  return [
    ...notes.map(note => `note: ${note}`),
    summary(plan),
    ...(stages.length > 0 ? ['', stageTable(stages, width)] : []),
    ...(local.length > 0
      ? ['', 'With the coordinator stay, and why:', '', localTable(local, width)]
      : []),
  ]
}

function summary({ kind, stages }: ModelPlan): string {
  if (kind === 'whole') return 'One device computes the whole model.'
  if (kind === 'local') return 'The coordinator computes the whole model.'
  const work = sum(stages, ({ layout }) => layout.flops)
  const moved = `${bytes(sum(stages, bytesOut))} out, ${bytes(sum(stages, bytesBack))} back`
  const { type } = stages[0]!.code.scheme
  const what = `${counted(stages.length, 'stage')} of ${type}, ${flops(work)}`
  return `${what}; one inference moves ${moved}`
}

function stageTable(stages: readonly StagePlan[], width: number): string {
  const axis = stages[0]!.layout.axis
  const head = ['stage', 'layers', 'code', axis, 'work', 'out', 'back', 'ops/byte']
  const rows = stages.map(stageRow)
  const names = stages.map(({ layout }) => layout.convs.map(({ output }) => output))
  const room = roomFor(width, [head, ...rows], 1)
  const layers = names.map(list =>
    inLines(
      list.map(name => shortened(name, room)),
      room,
    ),
  )
  return table(
    head,
    rows.map((row, i) => row.toSpliced(1, 1, layers[i]!)),
    ['left', 'left'],
  )
}

/** A row of the table; the layers are put in later, when it is known how much room there is. */
function stageRow(stage: StagePlan): string[] {
  const { layout, split, code, subtaskBytes, subtaskFlops } = stage
  return [
    String(layout.id),
    '',
    `${code.n},${code.k}`,
    `${split.length} of ${layout.extent}`,
    flops(layout.flops),
    bytes(bytesOut(stage)),
    bytes(bytesBack(stage)),
    (subtaskFlops / (subtaskBytes.out + subtaskBytes.in)).toFixed(0),
  ]
}

function localTable(local: readonly Local[], width: number): string {
  const rows = local.map(({ opType, reason }) => ['', opType, reason])
  const room = roomFor(width, rows, 0)
  const named = rows.map((row, i) => row.toSpliced(0, 1, shortened(local[i]!.output, room)))
  return table([], named, ['left', 'left', 'left'])
}

/** Columns that the others leave to one, with two between each. */
function roomFor(width: number, rows: readonly (readonly string[])[], column: number): number {
  const widths = rows[0]!.map((_, i) => Math.max(...rows.map(row => row[i]!.length)))
  const others = widths.filter((_, i) => i !== column).reduce((total, one) => total + one + 2, 0)
  return Math.max(leastName, width - others)
}

/** As many names in a line as there is room for. */
function inLines(names: readonly string[], room: number): string {
  const lines: string[] = []
  for (const name of names) {
    const longer = `${lines.at(-1) ?? ''} ${name}`
    if (lines.length > 0 && longer.length <= room) lines[lines.length - 1] = longer
    else lines.push(name)
  }
  return lines.join('\n')
}

/** The end of a name tells layers apart, its beginning is often the same. */
function shortened(name: string, room: number): string {
  return name.length <= room ? name : `…${name.slice(1 - room)}`
}

/** All n rows are sent. */
function bytesOut({ code, subtaskBytes }: StagePlan): number {
  return subtaskBytes.out * code.n
}

/** The first k results that determine the stage. */
function bytesBack({ code, subtaskBytes }: StagePlan): number {
  return subtaskBytes.in * code.k
}

function sum(stages: readonly StagePlan[], of: (stage: StagePlan) => number): number {
  return stages.reduce((total, stage) => total + of(stage), 0)
}
