import {
  amplificationLimits,
  type Fleet,
  fleetOf,
  formatSchemeRequest,
  type ModelPlan,
  type ProfileName,
  planModel,
  type SchemeRequest,
} from '@cocoi/planner'
import {
  parseScenario,
  profiledUnder,
  type Scenario,
  type SimulationResult,
  scenarioForms,
  simulate,
} from '@cocoi/simulator'
import type { Command } from 'commander'
import { modelArgument } from '../model-argument.ts'
import { profileHelp, profiles, schemeHelp, wholeNumber } from '../option-values.ts'
import { requireWritable, writeReport } from '../output-files.ts'
import { type PlanningFlags, planningOptions } from '../planning-options.ts'
import { createProgress, type Progress } from '../progress.ts'
import { readSchemes } from '../scheme-list.ts'
import { milliseconds, table } from '../tables.ts'
import { openWorkspace } from '../workspace.ts'

interface SimulateFlags extends PlanningFlags {
  readonly model: string
  readonly devices: number
  readonly coordinators: number
  readonly switch?: number
  readonly profile: ProfileName
  readonly schemes: string
  readonly scenario: string
  readonly requests: number
  readonly seed: number
  readonly json?: string
}

const defaultSchemes = 'local,uncoded,replication:2,lt,mds,auto'

/** `cocoi simulate`: schemes compared on virtual devices and virtual time. */
export function addSimulate(program: Command): void {
  planningOptions(
    program
      .command('simulate')
      .summary('compare schemes on up to a thousand simulated devices')
      .description(
        "Compare schemes on simulated devices: virtual time, the scheduler's real decisions.",
      )
      .requiredOption('--model <model>', 'a file model.onnx, or an architecture such as vgg16')
      .option('--devices <n>', 'devices', wholeNumber('--devices', 1, 1000), 10)
      .option(
        '--coordinators <n>',
        'that ask the same devices, with a request of their own each',
        wholeNumber('--coordinators', 1, 100),
        1,
      )
      .option(
        '--switch <Mb/s>',
        'what the switch forwards in all, both directions together',
        wholeNumber('--switch', 1, 1_000_000),
      )
      .option('--profile <profile>', profileHelp, profiles, 'pi4-gbe')
      .option('--schemes <list>', `separated by commas: ${schemeHelp}`, defaultSchemes)
      .option('--scenario <scenario>', `joined by +: ${scenarioForms}`, 'healthy')
      .option('--requests <n>', 'of each scheme', wholeNumber('--requests', 1, 100_000), 20)
      .option('--seed <n>', 'of everything that is drawn', wholeNumber('--seed', 0, 2 ** 31), 1),
  )
    .option('--json <file>', 'write the measurements to a file')
    .action(run)
}

async function run(flags: SimulateFlags): Promise<void> {
  const schemes = readSchemes(flags.schemes)
  const scenario = parseScenario(flags.scenario)
  await requireWritable(flags)
  const progress = createProgress()
  const modelPath = await modelArgument(flags.model, progress)
  const workspace = await openWorkspace({ modelPath, progress })
  try {
    const runs = schemes.map(scheme =>
      runScheme(workspace.prepared.graph, { flags, scheme, scenario, progress }),
    )
    progress.print(`\n${runTable(runs)}`)
    const { profile, devices, coordinators, seed, model } = flags
    const situation = { scenario: flags.scenario, devices, coordinators, switchMbps: flags.switch }
    const report = { model, profile, ...situation, seed, runs }
    if (flags.json !== undefined) await writeReport(flags.json, report)
  } catch (error) {
    progress.fail()
    throw error
  } finally {
    await workspace.close()
  }
}

interface SchemeReport {
  readonly scheme: string
  readonly kind: ModelPlan['kind']
  readonly why: string
  readonly latencyMs: { p50: number; p99: number; mean: number; all: readonly number[] }
  readonly predictedMs: { p50: number; p99: number; mean: number }
  readonly phases: SimulationResult['stages']
  readonly late: SimulationResult['late']
  readonly failed: number
  readonly ok: boolean
}

function runScheme(
  graph: Parameters<typeof planModel>[0],
  options: {
    flags: SimulateFlags
    scheme: SchemeRequest
    scenario: Scenario
    progress: Progress
  },
): SchemeReport {
  const { flags, scheme, scenario, progress } = options
  const { axis, transport, minIntensity, devices, seed, requests } = flags
  const name = formatSchemeRequest(scheme)
  progress.step(`simulating ${name}`)
  const fleet = fleetOf(flags.profile, devices)
  const wish = { scheme, axis, transport, minIntensity, devices, seed }
  const plan = planUnder(graph, wish, { fleet, scenario })
  const limits = { maxAmplification: amplificationLimits[transport] }
  const result = simulate({
    ...{ plan: plan.load, fleet, scenario, requests, seed, limits },
    coordinators: flags.coordinators,
    switchBytesPerS: flags.switch === undefined ? undefined : (flags.switch * 1e6) / 8,
  })
  progress.done()
  const { p50Ms, p99Ms, meanMs } = result.latency
  const { total, why } = plan.predict()
  return {
    ...{ scheme: name, kind: plan.kind, why },
    latencyMs: { p50: p50Ms, p99: p99Ms, mean: meanMs, all: result.latenciesMs },
    predictedMs: { p50: total.p50Ms, p99: total.p99Ms, mean: total.meanMs },
    ...{ phases: result.stages, late: result.late },
    ...{ failed: result.failed, ok: result.failed === 0 },
  }
}

/** Plans for the fleet as its profiles look after some time under the scenario. */
function planUnder(
  graph: Parameters<typeof planModel>[0],
  wish: Omit<Parameters<typeof planModel>[1], 'fleet'>,
  { fleet, scenario }: { fleet: Fleet; scenario: Scenario },
): ModelPlan {
  const plain = planModel(graph, { ...wish, scheme: { type: 'uncoded' }, fleet })
  const known = profiledUnder(fleet, scenario, plain.load)
  return planModel(graph, { ...wish, fleet: known })
}

function runTable(runs: readonly SchemeReport[]): string {
  const head = ['scheme', 'runs as', 'p50', 'p99', 'mean', 'predicted p50', 'no answer']
  return table(
    head,
    runs.map(({ scheme, kind, latencyMs: { p50, p99, mean }, predictedMs, failed }) => [
      ...[scheme, kind],
      ...[p50, p99, mean, predictedMs.p50].map(milliseconds),
      String(failed),
    ]),
    ['left', 'left'],
  )
}
