import { fleetOf, type ProfileName, parseSchemeRequest, planModel } from '@cocoi/planner'
import type { Command } from 'commander'
import { describePlan } from '../describe-plan.ts'
import { describePrediction } from '../describe-prediction.ts'
import {
  axes,
  profileHelp,
  profiles,
  schemeHelp,
  transports,
  wholeNumber,
} from '../option-values.ts'
import { createProgress } from '../progress.ts'
import { openWorkspace } from '../workspace.ts'

interface PlanFlags {
  readonly devices: number
  readonly scheme: string
  readonly profile: ProfileName
  readonly axis: 'rows' | 'columns'
  readonly transport: 'float16' | 'float32'
  readonly minIntensity: number
  readonly config?: string
}

/** `cocoi plan MODEL.onnx`: what would be distributed, how, what it moves, and why not the rest. */
export function addPlan(program: Command): void {
  program
    .command('plan')
    .description(
      'Show how a model would be distributed, how long that is predicted to take, and why.',
    )
    .summary('show how a model would be distributed, and why')
    .argument('<model.onnx>', 'the model')
    .option('--devices <n>', 'devices', wholeNumber('--devices', 0, 1000), 6)
    .option('--scheme <scheme>', schemeHelp, 'auto')
    .option('--profile <profile>', profileHelp, profiles, 'pi4-gbe')
    .option('--axis <axis>', 'cut layers along rows or columns', axes, 'rows')
    .option('--transport <type>', 'float16 or float32 on the wire', transports, 'float16')
    .option(
      '--min-intensity <n>',
      'layers with fewer operations per byte on the wire stay local',
      wholeNumber('--min-intensity', 0, 1e6),
      32,
    )
    .option('--config <config.json>', 'preprocessing and sizes, as in a model repository')
    .action(plan)
}

async function plan(modelPath: string, { config, ...flags }: PlanFlags): Promise<void> {
  const scheme = parseSchemeRequest(flags.scheme)
  const progress = createProgress()
  const workspace = await openWorkspace({ modelPath, progress, ...(config ? { config } : {}) })
  try {
    const fleet = fleetOf(flags.profile, flags.devices)
    const made = planModel(workspace.prepared.graph, { ...flags, scheme, fleet, sweep: true })
    const width = process.stdout.columns ?? Number.POSITIVE_INFINITY
    const lines = [
      ...describePlan(made, width),
      '',
      ...describePrediction(made, flags.profile, width),
    ]
    progress.print(lines.join('\n'))
  } catch (error) {
    progress.fail()
    throw error
  } finally {
    await workspace.close()
  }
}
