import { basename, extname } from 'node:path'
import { type ModelPlan, parseSchemeRequest, planModel, type StagePlan } from '@cocoi/planner'
import type { Command } from 'commander'
import { wholeNumber } from '../numbers.ts'
import { createProgress } from '../progress.ts'
import { bytes, gigaflops, table } from '../tables.ts'
import { openWorkspace } from '../workspace.ts'

interface PlanFlags {
  readonly devices: number
  readonly scheme: string
  readonly axis: 'rows' | 'columns'
  readonly transport: 'float16' | 'float32'
  readonly minIntensity: number
  readonly config?: string
}

/** `cocoi plan MODEL.onnx`: what would be distributed, how, what it moves, and why not the rest. */
export function addPlan(program: Command): void {
  program
    .command('plan')
    .description('show how a model would be distributed, and why')
    .argument('<model.onnx>', 'the model')
    .option('--devices <n>', 'devices', wholeNumber('--devices', 0, 1000), 6)
    .option(
      '--scheme <scheme>',
      'local, whole, uncoded, replication:r, mds:n,k, vandermonde:n,k, lt:n,k',
      'mds',
    )
    .option('--axis <axis>', 'rows or columns', 'rows')
    .option('--transport <type>', 'float16 or float32 on the wire', 'float16')
    .option(
      '--min-intensity <n>',
      'layers below this many operations per byte stay local',
      wholeNumber('--min-intensity', 0, 1e6),
      32,
    )
    .option('--config <config.json>', 'preprocessing and sizes, as in a model repository')
    .action(plan)
}

async function plan(modelPath: string, flags: PlanFlags): Promise<void> {
  const progress = createProgress()
  const scheme = parseSchemeRequest(flags.scheme)
  const { devices, axis, transport, minIntensity, config } = flags
  const name = basename(modelPath, extname(modelPath)).replace(/[^a-zA-Z0-9_-]/g, '-')
  const workspace = await openWorkspace({ modelPath, name, progress, config, labels: undefined })
  try {
    const made = planModel(workspace.prepared.graph, {
      scheme,
      devices,
      axis,
      transport,
      minIntensity,
    })
    for (const line of describePlan(made)) progress.print(line)
  } finally {
    await workspace.close()
  }
}

function describePlan({ kind, stages, local, notes }: ModelPlan): string[] {
  const head = ['stage', 'layers', 'scheme', 'pieces of', 'work', 'out', 'back', 'ops/byte']
  const flops = stages.reduce((sum, { layout }) => sum + layout.flops, 0)
  const summary =
    kind === 'stages'
      ? `${stages.length} stages with ${gigaflops(flops)} are distributed:`
      : kind === 'whole'
        ? 'One device computes the whole model.'
        : 'The coordinator computes the whole model.'
  return [
    ...notes.map(note => `note: ${note}`),
    summary,
    ...(stages.length > 0 ? [table(head, stages.map(stageRow)), ''] : []),
    ...local.map(({ output, opType, reason }) => `local: ${opType} "${output}": ${reason}`),
  ]
}

function stageRow({ layout, split, code, subtaskBytes, subtaskFlops }: StagePlan): string[] {
  const dense = Array.from({ length: code.n }, (_, i) => i).length
  const moved = subtaskBytes.out + subtaskBytes.in
  return [
    String(layout.id),
    layout.convs.map(({ output }) => output).join(' '),
    `${code.n},${code.k}`,
    `${split.length} of ${layout.extent} ${layout.axis}`,
    gigaflops(layout.flops),
    bytes(subtaskBytes.out * dense),
    bytes(subtaskBytes.in * code.k),
    (subtaskFlops / moved).toFixed(0),
  ]
}
