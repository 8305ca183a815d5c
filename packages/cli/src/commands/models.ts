import { existsSync } from 'node:fs'
import { type ModelError, ModelRepository } from '@cocoi/models'
import { coordinatorSchema, loadConfig } from '@cocoi/service'
import { ZOO } from '@cocoi/zoo'
import type { Command } from 'commander'
import { CliError } from '../errors.ts'
import { exitCode } from '../exit-code.ts'
import { readModelFiles } from '../model-files.ts'
import { wholeNumber } from '../option-values.ts'
import { createProgress } from '../progress.ts'
import { table } from '../tables.ts'
import { zooModel } from '../zoo-cache.ts'

interface Where {
  readonly repository?: string
}

interface AddFlags extends Where {
  readonly zoo?: string
  readonly seed: number
  readonly config?: string
  readonly labels?: string
}

/** `cocoi models`: the model repository of a coordinator on this machine. */
export function addModels(program: Command): void {
  const models = program.command('models').description('the model repository of the coordinator')
  const where = [
    '--repository <folder>',
    'the repository; by default the one in the configuration',
  ] as const
  models
    .command('add')
    .description('add a model, or a new version of one')
    .argument('<name>', 'its name, a level of topics')
    .argument('[model.onnx]', 'its file; or --zoo')
    .option('--zoo <architecture>', `${Object.keys(ZOO).join(', ')}, with seeded weights`)
    .option('--seed <n>', 'seed of those weights', wholeNumber('--seed', 0, 2 ** 32 - 1), 1)
    .option('--config <config.json>', 'preprocessing and sizes')
    .option('--labels <labels.txt>', 'names of the classes, one a line')
    .option(...where)
    .action(add)
  models
    .command('list')
    .description('list the models')
    .option(...where)
    .action(list)
  models
    .command('remove')
    .description('remove a model with all its versions')
    .argument('<name>', 'its name')
    .option(...where)
    .action(remove)
}

async function add(name: string, modelPath: string | undefined, flags: AddFlags): Promise<void> {
  const { config, labels, zoo, seed } = flags
  if ((modelPath === undefined) === (zoo === undefined)) {
    throw new CliError('ERR_USAGE', 'give either the file of the model, or --zoo ARCHITECTURE')
  }
  const files = await readModelFiles({ config, labels })
  const repository = await open(flags)
  const progress = createProgress()
  try {
    const path = modelPath ?? (await zooModel(zoo ?? '', seed, progress))
    progress.step(`adding ${name}`)
    const entry = await repository.add(name, path, files)
    progress.done()
    progress.print(`${entry.name} version ${entry.version} is in ${entry.modelPath}`)
  } catch (error) {
    progress.fail()
    throw error
  }
}

async function list(flags: Where): Promise<void> {
  const problems: string[] = []
  const onProblem = (_: string, { code, message }: ModelError) => {
    problems.push(`${code}: ${message}`)
  }
  const entries = (await (await openToLook(flags))?.list(onProblem)) ?? []
  const rows = entries.map(({ name, version, modelPath, labels }) => {
    return [name, version, String(labels?.length ?? 0), modelPath]
  })
  const head = ['model', 'version', 'labels', 'file']
  const sides = ['left', 'right', 'right', 'left'] as const
  process.stdout.write(`${rows.length > 0 ? table(head, rows, sides) : 'no models'}\n`)
  for (const problem of problems) process.stderr.write(`${problem}\n`)
  if (problems.length > 0) process.exitCode = exitCode.usage
}

async function remove(name: string, flags: Where): Promise<void> {
  await (await open(flags)).remove(name)
  process.stdout.write(`${name} is removed\n`)
}

function open(where: Where): Promise<ModelRepository> {
  return ModelRepository.open(folderOf(where))
}

/** Nothing is made where one only looks; there may be no models yet, but a folder that was named is. */
async function openToLook(where: Where): Promise<ModelRepository | undefined> {
  const folder = folderOf(where)
  if (existsSync(folder)) return await ModelRepository.open(folder)
  if (where.repository === undefined) return undefined
  throw new CliError('ERR_NO_INPUT', `cannot read the repository ${folder}: no such folder`)
}

function folderOf({ repository }: Where): string {
  return repository ?? loadConfig(coordinatorSchema, { section: 'coordinator' }).models
}
