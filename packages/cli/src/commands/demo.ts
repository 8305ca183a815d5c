import { join } from 'node:path'
import { ZOO, zooName } from '@cocoi/zoo'
import type { Command } from 'commander'
import { type Bench, withBench } from '../bench.ts'
import { colours } from '../colours.ts'
import { exitCode } from '../exit-code.ts'
import { type RunInput, readInput } from '../inputs.ts'
import { requireWritable, writeReport } from '../output-files.ts'
import { drawPictures } from '../pictures.ts'
import { createProgress, type Progress } from '../progress.ts'
import type { Report, RunReport } from '../report.ts'
import { measure, warmUp } from '../situation.ts'
import { milliseconds, runTable } from '../tables.ts'
import type { Workspace } from '../workspace.ts'
import { zooModel } from '../zoo-cache.ts'

interface DemoFlags {
  readonly model: string
  readonly json?: string
}

const devices = 6
const pictures = 3
const schemes = ['whole', 'uncoded', 'replication:2', 'mds:6,4']
const names: Readonly<Record<string, string>> = { whole: 'one device alone' }

/**
 * Six devices share the cores of one machine, so their compute time is stretched: to a few GFLOP/s,
 * the pace of the paper's Pis. Large models are stretched less, for the demo to end within two minutes.
 */
function stretchOf(model: string): number {
  return ZOO[zooName(model)].flops > 10e9 ? 10 : 40
}

/** `cocoi demo`: the point of it all, on one machine, in a minute. */
export function addDemo(program: Command): void {
  program
    .command('demo')
    .description('show what coding is good for: six devices, then one is killed and one frozen')
    .option('--model <name>', 'resnet18, vgg16, resnet50 or mobilenetv2', 'resnet18')
    .option('--json <file>', 'write the measurements to a file')
    .action(demo)
}

async function demo({ model, json }: DemoFlags): Promise<void> {
  zooName(model)
  await requireWritable(json === undefined ? {} : { json })
  const progress = createProgress()
  try {
    const report = await demonstrate(model, progress)
    if (json) await writeReport(json, report)
    const verdict = report.ok
      ? colours.green('Every answer was right.')
      : colours.red('Not every answer was right.')
    progress.print(`\n${verdict}`)
    process.exitCode = report.ok ? exitCode.ok : exitCode.failed
  } catch (error) {
    progress.fail()
    throw error
  }
}

async function demonstrate(model: string, progress: Progress): Promise<Report> {
  const options = {
    ...{ modelPath: await zooModel(model, 1, progress), name: model, client: 'demo-camera' },
    ...{ devices, minIntensity: 32, stretch: () => stretchOf(model) },
    ...{ parameters: {}, slowed: 0, inputs: pictureInputs },
  }
  const report = await withBench(options, progress, async bench => {
    const runs = [...(await healthy(bench, progress)), ...(await struck(bench, progress))]
    progress.step('stopping the cluster')
    return { model, runs, ok: runs.every(({ ok }) => ok) }
  })
  progress.done()
  return report
}

async function pictureInputs({ folder, prepared, entry }: Workspace): Promise<RunInput[]> {
  const files = await drawPictures(join(folder, 'pictures'), pictures)
  return await Promise.all(files.map(file => readInput(file, prepared, entry.config)))
}

/** All schemes with every device well. */
async function healthy(bench: Bench, progress: Progress): Promise<RunReport[]> {
  const runs: RunReport[] = []
  for (const scheme of schemes) {
    progress.step(`distributing ${bench.model} to the devices: ${label(scheme)}`)
    await warmUp(bench, scheme)
    progress.step(`a camera publishes ${pictures} pictures: ${label(scheme)}`)
    const report = await measure(bench, scheme, { repeat: 1, faults: { kill: 0, freeze: 0 } })
    progress.done(`${label(scheme)}: ${milliseconds(report.latencyMs.p50)}`)
    runs.push(report)
  }
  progress.print(
    `\n${bench.model} on ${devices} devices, all well; each computes ${stretchOf(bench.model)} times ` +
      `slower than a core of this machine\n\n${runTable(runs.map(named))}\n`,
  )
  return runs
}

/** The code and no code, with one device killed and one frozen while the first picture is under way. */
async function struck(bench: Bench, progress: Progress): Promise<RunReport[]> {
  const runs: RunReport[] = []
  for (const scheme of ['mds:6,4', 'uncoded']) {
    progress.step(`all devices well again: ${scheme}`)
    await warmUp(bench, scheme)
    progress.step(`one device is killed and one frozen with a picture under way: ${scheme}`)
    const report = await measure(bench, scheme, { repeat: 1, faults: { kill: 1, freeze: 1 } })
    progress.done(`${scheme}: ${milliseconds(report.latencyMs.all[0]!)} for the picture under way`)
    runs.push(report)
  }
  const [coded, uncoded] = runs as [RunReport, RunReport]
  progress.print(
    `\nOne device killed and one frozen during the first picture\n\n${runTable(runs)}\n`,
  )
  const ratio = uncoded.latencyMs.all[0]! / coded.latencyMs.all[0]!
  progress.print(
    `The picture under way took ${milliseconds(coded.latencyMs.all[0]!)} with the code and ` +
      `${milliseconds(uncoded.latencyMs.all[0]!)} without (${ratio.toFixed(1)} times as long).`,
  )
  return runs
}

function label(scheme: string): string {
  return names[scheme] ?? scheme
}

function named(report: RunReport): RunReport {
  return { ...report, scheme: label(report.scheme) }
}
