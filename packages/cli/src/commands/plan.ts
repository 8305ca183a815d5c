import { fleetOf, type ProfileName, parseSchemeRequest, planModel } from '@cocoi/planner'
import type { Command } from 'commander'
import { describePlan } from '../describe-plan.ts'
import { describePrediction } from '../describe-prediction.ts'
import { modelArgument } from '../model-argument.ts'
import { profileHelp, profiles, schemeHelp, wholeNumber } from '../option-values.ts'
import { type PlanningFlags, planningOptions } from '../planning-options.ts'
import { createProgress } from '../progress.ts'
import { openWorkspace } from '../workspace.ts'

interface PlanFlags extends PlanningFlags {
  readonly devices: number
  readonly scheme: string
  readonly profile: ProfileName
  readonly config?: string
}

/** `cocoi plan MODEL`: what would be distributed, how, what it moves, and why not the rest. */
export function addPlan(program: Command): void {
  planningOptions(
    program
      .command('plan')
      .description(
        'Show how a model would be distributed, how long that is predicted to take, and why.',
      )
      .summary('show how a model would be distributed, and why')
      .argument('<model>', 'a file model.onnx, or an architecture such as vgg16')
      .option('--devices <n>', 'devices', wholeNumber('--devices', 0, 1000), 6)
      .option('--scheme <scheme>', schemeHelp, 'auto')
      .option('--profile <profile>', profileHelp, profiles, 'pi4-gbe'),
  )
    .option('--config <config.json>', 'preprocessing and sizes, as in a model repository')
    .action(plan)
}

async function plan(model: string, { config, ...flags }: PlanFlags): Promise<void> {
  const scheme = parseSchemeRequest(flags.scheme)
  const progress = createProgress()
  const modelPath = await modelArgument(model, progress)
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
