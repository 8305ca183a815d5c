import type { Command } from 'commander'
import { type Bench, withBench } from '../bench.ts'
import { exitCode } from '../exit-code.ts'
import { requireFreeBroker } from '../free-broker.ts'
import { type RunInput, randomInput, readInput, requireInputs } from '../inputs.ts'
import { scheme, schemeHelp, wholeNumber } from '../option-values.ts'
import { requireWritable, writeReport } from '../output-files.ts'
import { describeOutputs, saveOutputs, withDistinctNames } from '../outputs.ts'
import { planningOptions } from '../planning-options.ts'
import { createProgress, type Progress } from '../progress.ts'
import type { Report, RunReport, Trial } from '../report.ts'
import { type RunFlags, type RunOrder, readRunOrder } from '../run-flags.ts'
import { measure, warmUp } from '../situation.ts'
import { slowdown } from '../slowdown.ts'
import { milliseconds, runTable } from '../tables.ts'
import type { Workspace } from '../workspace.ts'

/** `cocoi run MODEL.onnx`: a virtual cluster for one model, started, measured and stopped. */
export function addRun(program: Command): void {
  planningOptions(
    program
      .command('run')
      .summary('run a model on a virtual cluster, and compare with plain onnxruntime')
      .description(
        'Run a model on a virtual cluster of real processes on this machine, and compare every answer with plain onnxruntime.',
      )
      .usage('<model.onnx> [options]')
      .argument('[model.onnx]', 'the model')
      .option(
        '--input <file...>',
        'images, .npy tensors, or NAME=FILE.npy,NAME=FILE.npy for a model with several inputs; without any, seeded noise',
      )
      .option('--config <config.json>', 'preprocessing and sizes, as in a model repository')
      .option('--labels <labels.txt>', 'names of the classes, one a line')
      .option('--devices <n>', 'device processes', wholeNumber('--devices', 1, 64), 6)
      .option(
        '--scheme <scheme...>',
        `one or more, measured in turn: ${schemeHelp} (default: auto)`,
        (text: string, before: string[] = []) => [...before, text],
      ),
  )
    .option(
      '--kill <n>',
      'devices to kill during the first request',
      wholeNumber('--kill', 0, 64),
      0,
    )
    .option(
      '--freeze <n>',
      'devices to freeze (SIGSTOP) during it',
      wholeNumber('--freeze', 0, 64),
      0,
    )
    .option('--slow <n:factor>', 'devices that compute slower, and by which factor', slowdown)
    .option('--repeat <n>', 'how often each input is sent', wholeNumber('--repeat', 1, 100_000), 1)
    .option('--broker <url>', 'use this broker instead of starting one')
    .option('--json <file>', 'write the measurements to a file')
    .option('--save-outputs <folder>', 'write every output as .npy')
    .addHelpText(
      'after',
      `
Example:
  cocoi run model.onnx --input photo.jpg --scheme uncoded mds:6,4 --kill 1

Exit code: 0 if every answer was right, 1 if one was wrong or missing, 2 for bad input.`,
    )
    .action(run)
}

async function run(
  model: string | undefined,
  { scheme: schemes = ['auto'], slow = { count: 0, factor: 1 }, ...given }: Partial<RunFlags>,
): Promise<void> {
  const order = readRunOrder(model, { ...(given as RunFlags), scheme: schemes, slow })
  for (const text of order.flags.scheme) scheme(text)
  await requireInputs(order.flags.input ?? [])
  await requireWritable(order.flags)
  if (order.flags.broker !== undefined) await requireFreeBroker(order.flags.broker)
  const progress = createProgress()
  try {
    const report = await runOnCluster(order, progress)
    progress.print(`\n${runTable(report.runs)}`)
    for (const note of new Set(report.runs.flatMap(({ notes }) => notes)))
      progress.print(`note: ${note}`)
    if (order.flags.json) await writeReport(order.flags.json, report)
    process.exitCode = report.ok ? exitCode.ok : exitCode.failed
  } catch (error) {
    progress.fail()
    throw error
  }
}

async function runOnCluster({ modelPath, flags }: RunOrder, progress: Progress): Promise<Report> {
  const { devices, slow, axis, transport } = flags
  const options = {
    ...{ ...flags, modelPath, client: 'cocoi-run' },
    stretch: (i: number) => (i >= devices - slow.count ? slow.factor : 1),
    inputs: (workspace: Workspace) => inputsOf(workspace, flags),
    parameters: { axis, transport },
    slowed: slow.count,
  }
  return await withBench(options, progress, async bench => {
    const runs = await measureAll(bench, flags, progress)
    return { model: bench.model, runs, ok: runs.every(({ ok }) => ok) }
  })
}

async function inputsOf(
  { prepared, entry }: Workspace,
  { input }: RunFlags,
): Promise<readonly RunInput[]> {
  if (!input) return [randomInput(prepared, 1)]
  const inputs = await Promise.all(input.map(file => readInput(file, prepared, entry.config)))
  return withDistinctNames(inputs)
}

async function measureAll(bench: Bench, flags: RunFlags, progress: Progress): Promise<RunReport[]> {
  const runs: RunReport[] = []
  for (const scheme of flags.scheme) {
    progress.step(`distributing ${bench.model} for ${scheme}`)
    await warmUp(bench, scheme)
    progress.step(`measuring ${scheme}`)
    const answers: Trial[] = []
    const faults = { kill: flags.kill, freeze: flags.freeze }
    const total = flags.repeat * bench.inputs.length
    const onTrial = (trial: Trial, index: number) => {
      progress.detail(`${index} of ${total}: ${milliseconds(trial.latencyMs)}`)
      if (index <= bench.inputs.length) answers.push(trial)
    }
    runs.push(await measure(bench, scheme, { repeat: flags.repeat, faults, onTrial }))
    progress.done()
    for (const trial of answers) await show(trial, scheme, { flags, progress })
  }
  return runs
}

async function show(
  { input, answer, error }: Trial,
  scheme: string,
  { flags, progress }: { flags: RunFlags; progress: Progress },
): Promise<void> {
  progress.print(`\n${input} (${scheme})`)
  if (!answer) return progress.print(`  ${error}`)
  for (const line of describeOutputs(answer)) progress.print(`  ${line}`)
  if (flags.saveOutputs) await saveOutputs(flags.saveOutputs, { input, scheme }, answer)
}
