import { join } from 'node:path'
import type { ModelProto } from '@cocoi/onnx'
import { fleetOf, formatSchemeRequest } from '@cocoi/planner'
import { scenarioForms } from '@cocoi/simulator'
import type { Command } from 'commander'
import { AccessFolder } from '../access-folder.ts'
import { setUpAccess } from '../access-setup.ts'
import { withBench } from '../bench.ts'
import { exitCode } from '../exit-code.ts'
import { randomInput } from '../inputs.ts'
import { modelArgument } from '../model-argument.ts'
import { profileHelp, profiles, schemeHelp, wholeNumber } from '../option-values.ts'
import { requireWritable, writeReport, writeText } from '../output-files.ts'
import { planningOptions } from '../planning-options.ts'
import { createProgress, type Progress } from '../progress.ts'
import { readSchemes } from '../scheme-list.ts'
import { counted } from '../tables.ts'
import { makeTemporaryFolder } from '../temporary-folder.ts'
import { describeCalibration } from '../testbed/describe-calibration.ts'
import { EmulatedFleet } from '../testbed/emulated-fleet.ts'
import { drawSchemes, drawSweep, writeFigure } from '../testbed/figures.ts'
import {
  dilation,
  type NamedScenario,
  readScenarios,
  schemesOf,
  sweptPieces,
  type TestbedFlags,
} from '../testbed/flags.ts'
import { measureScenario } from '../testbed/measure-scenario.ts'
import { type Measurement, summariseSamples } from '../testbed/measurement.ts'
import { predictSweep, type SweptLatency } from '../testbed/predicted-sweep.ts'
import { measurementCsv, measurementTable, type TestbedReport } from '../testbed/testbed-report.ts'
import type { Workspace } from '../workspace.ts'

const defaultSchemes = 'local,uncoded,replication:2,lt,vandermonde,mds,auto'

/** `cocoi testbed`: schemes compared on emulated Pis, each a computer of its own on this one. */
export function addTestbed(program: Command): void {
  planningOptions(
    program
      .command('testbed')
      .summary('compare schemes on emulated Raspberry Pis (root, Linux)')
      .description(
        'Compare schemes on emulated Raspberry Pis: real processes and real MQTT, each device in a network namespace of its own with the link and the speed of a Pi. Needs root, Linux, ip, tc and control groups.',
      )
      .requiredOption('--model <model>', 'a file model.onnx, or an architecture such as vgg16')
      .option('--devices <n>', 'devices', wholeNumber('--devices', 1, 64), 10)
      .option('--profile <profile>', profileHelp, profiles, 'pi4-gbe')
      .option('--schemes <list>', `separated by commas: ${schemeHelp}`, defaultSchemes)
      .option(
        '--scenario <list>',
        `separated by commas, each joined by +: ${scenarioForms}; none, straggling, failures, both and slow are short for some`,
        'none',
      )
      .option('--requests <n>', 'of each scheme', wholeNumber('--requests', 1, 10_000), 20)
      .option('--seed <n>', 'of everything that is drawn', wholeNumber('--seed', 0, 1e6), 1)
      .option(
        '--dilation <factor>',
        'how many times slower than a Pi everything runs (default: as much as this machine needs)',
        dilation,
      ),
  )
    .option('--json <file>', 'write the measurements to a file')
    .option('--csv <file>', 'write the latency of every request to a file')
    .option('--svg <file>', 'draw the latency per scheme and scenario, as SVG and PNG')
    .option(
      '--sweep-k <file>',
      'also measure the code with every k, and draw the latency over k in the first scenario',
    )
    .action(run)
}

async function run(flags: TestbedFlags): Promise<void> {
  const schemes = schemesOf(flags)
  const scenarios = readScenarios(flags.scenario)
  await requireWritable(flags)
  const progress = createProgress()
  try {
    const onMeasured = (report: TestbedReport) => writeFiles(flags, report)
    const report = await experiment(flags, { schemes, scenarios, progress, onMeasured })
    if (scenarios.length > 1) progress.print(`\n${measurementTable(report.runs)}`)
    for (const error of new Set(report.runs.flatMap(({ errors }) => errors)))
      progress.print(`error: ${error}`)
    if (report.sweep) await writeFiles(flags, report)
    process.exitCode = report.ok ? exitCode.ok : exitCode.failed
  } catch (error) {
    progress.fail()
    throw error
  }
}

async function writeFiles(flags: TestbedFlags, result: TestbedReport & Swept): Promise<void> {
  const { json, csv, svg, sweepK, schemes } = flags
  const { sweep, ...report } = result
  if (json !== undefined) await writeReport(json, result)
  if (csv !== undefined) await writeText(csv, measurementCsv(report))
  const named = readSchemes(schemes).map(formatSchemeRequest)
  if (svg !== undefined) await writeFigure(svg, drawSchemes(report, named))
  if (sweepK === undefined || !sweep) return
  await writeFigure(sweepK, drawSweep(report, report.runs[0]!.scenario, sweep))
}

/** Predictions for every k, where they were asked for. */
interface Swept {
  readonly sweep?: readonly SweptLatency[]
}

interface Experiment {
  readonly schemes: readonly string[]
  readonly scenarios: readonly NamedScenario[]
  readonly progress: Progress
  /** Told after every scenario what has been measured so far: the next may take an hour, or fail. */
  readonly onMeasured: (report: TestbedReport) => Promise<void>
}

async function experiment(
  flags: TestbedFlags,
  { schemes, scenarios, progress, onMeasured }: Experiment,
): Promise<TestbedReport & Swept> {
  const { devices, profile, seed, requests, scenario } = flags
  progress.step(`calibrating ${counted(devices, 'emulated device')}`)
  const emulated = await EmulatedFleet.open({
    fleet: fleetOf(profile, devices),
    dilation: flags.dilation,
    onStep: text => progress.detail(text),
  })
  try {
    const { calibration } = emulated
    progress.print(`\n${describeCalibration(calibration)}\n`)
    const facts = { model: flags.model, profile, scenario, devices, requests, seed, calibration }
    let report: TestbedReport = { ...facts, runs: [], ok: true }
    let graph: ModelProto | undefined
    for (const one of scenarios) {
      const options = { schemes, requests, seed, emulated, scenario: one, progress }
      const fresh = await runScenario(flags, options, prepared => (graph = prepared))
      const runs = [...report.runs, ...fresh]
      report = { ...facts, runs, ok: runs.every(({ ok }) => ok) }
      progress.print(`\n${measurementTable(fresh)}\n`)
      await onMeasured(report)
    }
    if (flags.sweepK === undefined || !graph) return report
    const wish = { ...flags, scenario: scenarios[0]!.scenario }
    return { ...report, sweep: predictSweep(graph, sweptPieces(devices), wish) }
  } finally {
    await emulated.close()
  }
}

async function runScenario(
  flags: TestbedFlags,
  options: Parameters<typeof measureScenario>[1],
  onPrepared: (graph: ModelProto) => void,
): Promise<Measurement[]> {
  const { devices, minIntensity, axis, transport, seed } = flags
  const { emulated, scenario, schemes, progress } = options
  const folder = makeTemporaryFolder()
  const access = await setUp(folder.path)
  const plans = schemes.length
  const site = emulated.clusterOptions({ scenario: scenario.scenario, seed, plans, access })
  const bench = {
    ...{ modelPath: await modelArgument(flags.model, progress), client: 'testbed', site },
    ...(flags.model.endsWith('.onnx') ? {} : { name: flags.model }),
    ...{ devices, minIntensity, stretch: () => 1, slowed: 0, parameters: { axis, transport } },
    inputs: async ({ prepared }: Workspace) => {
      onPrepared(prepared.graph)
      return [randomInput(prepared, seed)]
    },
  }
  try {
    const samples = await withBench(bench, progress, one => measureScenario(one, options))
    const { dilation } = emulated
    return summariseSamples(samples, { scenario: scenario.name, dilation, schemes })
  } finally {
    await folder.remove()
  }
}

/** Devices join over the network with a token, as real ones do; who is on the broker's computer need not. */
async function setUp(folder: string): Promise<{ usersFile: string; joinTokenFile: string }> {
  const access = new AccessFolder(join(folder, 'access'))
  const nobody = { devices: [], hosts: [], coordinator: 'coordinator' }
  await setUpAccess(access, { ...nobody, tls: false, mutualTls: false, force: false })
  return { usersFile: access.users, joinTokenFile: access.joinToken }
}
