import { ModelRepository } from '@cocoi/models'
import { coordinatorSchema, loadConfig } from '@cocoi/service'
import type { Command } from 'commander'
import { readModelFiles } from '../model-files.ts'
import { createProgress } from '../progress.ts'
import { table } from '../tables.ts'
import { zooModel } from '../zoo-cache.ts'

interface Where {
  readonly repository?: string
}

interface AddFlags extends Where {
  readonly zoo?: string
  readonly seed: string
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
    .argument('<name>')
    .argument('[model.onnx]', 'the model; or --zoo')
    .option('--zoo <architecture>', 'vgg16, resnet18, resnet50 or mobilenetv2 with seeded weights')
    .option('--seed <n>', 'seed of the weights', '1')
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
    .argument('<name>')
    .option(...where)
    .action(remove)
}

async function add(name: string, modelPath: string | undefined, flags: AddFlags): Promise<void> {
  const progress = createProgress()
  const source = modelPath ?? (await zooModel(flags.zoo ?? name, Number(flags.seed), progress))
  const { config, labels } = flags
  const files = await readModelFiles({ config, labels })
  const entry = await (await open(flags)).add(name, source, files)
  progress.done()
  progress.print(`${entry.name} version ${entry.version} is in ${entry.modelPath}`)
}

async function list(flags: Where): Promise<void> {
  const entries = await (await open(flags)).list()
  const rows = entries.map(({ name, version, modelPath, labels }) => {
    return [name, version, labels ? `${labels.length} labels` : '', modelPath]
  })
  const text = rows.length > 0 ? table(['model', 'version', '', 'file'], rows) : 'no models'
  process.stdout.write(`${text}\n`)
}

async function remove(name: string, flags: Where): Promise<void> {
  await (await open(flags)).remove(name)
  process.stdout.write(`${name} is removed\n`)
}

function open({ repository }: Where): Promise<ModelRepository> {
  const config = loadConfig(coordinatorSchema, { section: 'coordinator' })
  return ModelRepository.open(repository ?? config.models)
}
