import { formatScheme, formatSchemes, type ModelPlan, type StagePlan } from '@cocoi/planner'
import { bytes, counted, flops, table } from './tables.ts'
import { inLines, roomFor } from './text-width.ts'

type Local = ModelPlan['local'][number]

/** Least room for the name of a layer, however narrow the terminal. */
const leastName = 12

/** Least room for a line of a reason. */
const leastReason = 40

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
  const what = `${counted(stages.length, 'stage')} of ${formatSchemes(stages)}, ${flops(work)}`
  return `${what}; one inference moves ${moved}`
}

/** The code of all stages; undefined if they have several. */
function commonType(stages: readonly StagePlan[]): string | undefined {
  const types = new Set(stages.map(({ code }) => code.scheme.type))
  return types.size === 1 ? [...types][0] : undefined
}

function stageTable(stages: readonly StagePlan[], width: number): string {
  const axis = stages[0]!.layout.axis
  const head = ['stage', 'layers', 'code', axis, 'work', 'out', 'back', 'ops/byte']
  const isMixed = commonType(stages) === undefined
  const rows = stages.map(stage => {
    const { n, k, scheme } = stage.code
    return stageRow(stage, isMixed ? formatScheme(scheme) : `${n},${k}`)
  })
  const names = stages.map(({ layout }) => layout.convs.map(({ output }) => output))
  const room = Math.max(leastName, roomFor(width, [head, ...rows], 1))
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
function stageRow(stage: StagePlan, code: string): string[] {
  const { layout, split, subtaskBytes, subtaskFlops } = stage
  return [
    String(layout.id),
    '',
    code,
    `${split.length} of ${layout.extent}`,
    flops(layout.flops),
    bytes(bytesOut(stage)),
    bytes(bytesBack(stage)),
    (subtaskFlops / (subtaskBytes.out + subtaskBytes.in)).toFixed(0),
  ]
}

function localTable(local: readonly Local[], width: number): string {
  const kinds = local.map(({ opType }) => ['', opType, ''])
  const room = roomFor(width, kinds, 0)
  // A reason may take several lines, and a name may have what a short line of it leaves.
  const longest = Math.max(...local.map(({ output }) => output.length))
  const nameRoom = Math.max(leastName, Math.min(longest, room - leastReason))
  const rows = local.map(({ output, opType, reason }) => {
    return [shortened(output, nameRoom), opType, inLines(reason.split(' '), room - nameRoom)]
  })
  return table([], rows, ['left', 'left', 'left'])
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
