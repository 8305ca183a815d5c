import { writeFile } from 'node:fs/promises'
import { basename, extname } from 'node:path'
import { connectClient } from '@cocoi/client'
import { parseSchemeRequest } from '@cocoi/planner'
import type { InferenceParameters } from '@cocoi/protocol'
import type { Command } from 'commander'
import { exitCode } from '../exit-code.ts'
import { type RunInput, randomInput, readInput } from '../inputs.ts'
import { wholeNumber } from '../numbers.ts'
import { Oracle } from '../oracle.ts'
import { describeOutputs, saveOutputs } from '../outputs.ts'
import { createProgress, type Progress } from '../progress.ts'
import type { Report, RunReport, Trial } from '../report.ts'
import { type Bench, measure, warmUp } from '../situation.ts'
import { slowdown } from '../slowdown.ts'
import { milliseconds, runTable } from '../tables.ts'
import { startVirtualCluster } from '../virtual-cluster.ts'
import { openWorkspace, type Workspace } from '../workspace.ts'

interface RunFlags {
  readonly input?: string[]
  readonly config?: string
  readonly labels?: string
  readonly devices: number
  readonly scheme: string[]
  readonly axis: 'rows' | 'columns'
  readonly transport: 'float16' | 'float32'
  readonly minIntensity: number
  readonly kill: number
  readonly freeze: number
  readonly slow: { count: number; factor: number }
  readonly repeat: number
  readonly broker?: string
  readonly json?: string
  readonly saveOutputs?: string
}

/** `cocoi run MODEL.onnx`: a virtual cluster for one model, started, measured and stopped. */
export function addRun(program: Command): void {
  program
    .command('run')
    .description(
      'run a model on a virtual cluster of real processes and compare with plain onnxruntime',
    )
    .argument('<model.onnx>', 'the model')
    .option('--input <file...>', 'images or .npy tensors; without any, seeded noise')
    .option('--config <config.json>', 'preprocessing and sizes, as in a model repository')
    .option('--labels <labels.txt>', 'names of the classes, one a line')
    .option('--devices <n>', 'device processes', wholeNumber('--devices', 1, 64), 6)
    .option(
      '--scheme <scheme...>',
      'local, whole, uncoded, replication:r, mds:n,k, vandermonde:n,k, lt:n,k',
      ['mds'],
    )
    .option('--axis <axis>', 'rows or columns', 'rows')
    .option('--transport <type>', 'float16 or float32 on the wire', 'float16')
    .option(
      '--min-intensity <n>',
      'layers below this many operations per byte stay local',
      wholeNumber('--min-intensity', 0, 1e6),
      32,
    )
    .option(
      '--kill <n>',
      'devices to kill during the first request',
      wholeNumber('--kill', 0, 64),
      0,
    )
    .option(
      '--freeze <n>',
      'devices to stop (SIGSTOP) during it',
      wholeNumber('--freeze', 0, 64),
      0,
    )
    .option('--slow <n:factor>', 'devices that compute slower by this factor', slowdown, {
      count: 0,
      factor: 1,
    })
    .option('--repeat <n>', 'how often each input is sent', wholeNumber('--repeat', 1, 100_000), 1)
    .option('--broker <url>', 'use this broker instead of starting one')
    .option('--json <file>', 'write the measurements to a file')
    .option('--save-outputs <folder>', 'write the outputs as .npy')
    .action(run)
}

async function run(modelPath: string, flags: RunFlags): Promise<void> {
  for (const scheme of flags.scheme) parseSchemeRequest(scheme)
  const progress = createProgress()
  try {
    const report = await runOnCluster(modelPath, flags, progress)
    progress.print(`\n${runTable(report.runs)}`)
    for (const note of new Set(report.runs.flatMap(({ notes }) => notes)))
      progress.print(`note: ${note}`)
    if (flags.json) await writeFile(flags.json, `${JSON.stringify(report, undefined, 2)}\n`)
    process.exitCode = report.ok ? exitCode.ok : exitCode.failed
  } catch (error) {
    progress.fail()
    throw error
  }
}

async function runOnCluster(
  modelPath: string,
  flags: RunFlags,
  progress: Progress,
): Promise<Report> {
  const name = basename(modelPath, extname(modelPath)).replace(/[^a-zA-Z0-9_-]/g, '-')
  const { config, labels } = flags
  const workspace = await openWorkspace({ modelPath, name, progress, config, labels })
  try {
    const inputs = await readInputs(workspace, flags)
    const oracle = await Oracle.load(
      workspace.engine,
      workspace.entry.modelPath,
      workspace.prepared,
    )
    const { devices, broker, minIntensity, slow } = flags
    const stretch = (i: number) => (i >= devices - slow.count ? slow.factor : 1)
    const options = { devices, minIntensity, stretch, ...(broker ? { broker } : {}) }
    const cluster = await startVirtualCluster(workspace, options, progress)
    try {
      const client = await connectClient({ url: cluster.url, id: 'cocoi-run' })
      const { axis, transport } = flags
      const parameters: InferenceParameters = { axis, transport }
      const bench = { cluster, client, oracle, model: name, inputs, parameters, slowed: slow.count }
      const runs = await measureAll(bench, flags, progress)
      await client.close()
      return { model: name, runs, ok: runs.every(({ ok }) => ok) }
    } finally {
      await cluster.stop()
    }
  } finally {
    await workspace.close()
  }
}

function readInputs({ prepared, entry }: Workspace, { input }: RunFlags): Promise<RunInput[]> {
  if (!input) return Promise.resolve([randomInput(prepared, 1)])
  return Promise.all(input.map(file => readInput(file, prepared, entry.config)))
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
