import { dirname, join } from 'node:path'
import type { BlobStore } from '@cocoi/blobs'
import { type Engine, EngineError } from '@cocoi/engine'
import {
  checkModel,
  freezeInputs,
  type ModelProto,
  makeValueInfo,
  OnnxError,
  parseModel,
  serializeModel,
} from '@cocoi/onnx'
import { isCarried } from './carried-types.ts'
import { isClassifier } from './classifier.ts'
import { type DryRun, dryRun, type TensorFacts } from './dry-run.ts'
import { ModelError } from './errors.ts'
import { hashFile } from './hash-file.ts'
import { dropRepeatedInitializers } from './initializers.ts'
import { type InputSizes, inputSizes } from './input-sizes.ts'
import type { ModelEntry } from './model-entry.ts'
import { type Preparation, PreparationCache } from './preparation-cache.ts'
import type { PreparedModel } from './prepared-model.ts'
import { withScratchFolder } from './scratch-folder.ts'
import { unsupportedType } from './source-model.ts'
import { readSourceInThread } from './source-thread.ts'
import { weightsToBlobs } from './weights-to-blobs.ts'

/** A step of the preparation; `done` of `total` weights are stored. */
export interface PrepareProgress {
  readonly step: 'hashing' | 'reading' | 'normalising' | 'storing' | 'checking' | 'ready'
  readonly done?: number
  readonly total?: number
}

/** What preparing needs. */
export interface PrepareOptions {
  readonly engine: Engine
  /** Receives the graph and the weights. */
  readonly store: BlobStore
  /** Folder for what is remembered from one start to the next; made if need be. */
  readonly cacheFolder: string
  readonly onProgress?: (progress: PrepareProgress) => void
}

/**
 * Makes a model ready to be planned, distributed and run. The result is remembered by the hash of
 * the model file, so the second time takes only as long as hashing it.
 *
 * @throws {ModelError} naming the file and what is wrong with it
 * @throws {EngineError} ERR_ENGINE_CLOSED, ERR_ENGINE_CRASHED
 */
export async function prepareModel(
  entry: ModelEntry,
  options: PrepareOptions,
): Promise<PreparedModel> {
  const sizes = inputSizes(entry.config)
  const cache = new PreparationCache(options.cacheFolder)
  options.onProgress?.({ step: 'hashing' })
  const key = await cache.key(entry.modelPath, sizes)
  const known = await cache.find(key, entry.modelPath)
  const reusable = known && (await isStored(known, options.store))
  const preparation = reusable
    ? known
    : await naming(entry.modelPath, prepare(entry, sizes, options))
  checkLabels(entry, preparation)
  if (preparation !== known) await cache.remember(key, preparation)
  options.onProgress?.({ step: 'ready' })
  return load(preparation, options.store)
}

async function isStored({ graphSha, blobs }: Preparation, store: BlobStore): Promise<boolean> {
  for (const sha of [graphSha, ...blobs]) if (!(await store.isIntact(sha))) return false
  return true
}

async function load(preparation: Preparation, store: BlobStore): Promise<PreparedModel> {
  const { externalFiles: _, graphSha, ...known } = preparation
  const bytes = await store.read(graphSha, 0, (await store.size(graphSha)) ?? 0)
  return { ...known, graph: parseModel(bytes), graphSha, weightsFolder: store.folder }
}

function prepare(
  { modelPath }: ModelEntry,
  sizes: InputSizes,
  { engine, store, cacheFolder, onProgress = () => {} }: PrepareOptions,
): Promise<Preparation> {
  return withScratchFolder(cacheFolder, async scratchFolder => {
    onProgress({ step: 'reading' })
    const source = await readSourceInThread(modelPath, { sizes, scratchFolder })
    onProgress({ step: 'normalising' })
    const places = { outputFolder: scratchFolder, weightsFolder: source.weightsFolder }
    const { graph, weightsFile } = await engine.normalise(source.graph, places)
    const model = freezeInputs(parseModel(graph))
    dropRepeatedInitializers(model.graph!)
    const blobs = await weightsToBlobs(model, {
      ...{ weightsFile, sourceFolder: source.weightsFolder, store },
      onProgress: (done, total) => onProgress({ step: 'storing', done, total }),
    })
    onProgress({ step: 'checking' })
    const io = stateShapes(model, await dryRun(model, { engine, weightsFolder: store.folder }))
    checkModel(model)
    const graphSha = await store.put(serializeModel(model))
    const externalFiles = await hashAll(source.externalFiles, modelPath)
    return { externalFiles, graphSha, blobs, ...io }
  })
}

/** Adds the file to what is wrong with its model; other errors stay as they are. */
async function naming<T>(path: string, outcome: Promise<T>): Promise<T> {
  try {
    return await outcome
  } catch (cause) {
    if (cause instanceof OnnxError) {
      throw new ModelError(cause.code, `${path}: ${cause.message}`, { cause })
    }
    if (!(cause instanceof EngineError) || cause.code !== 'ERR_ENGINE_LOAD') throw cause
    if (/failed to write/i.test(cause.message)) throw diskFull(path, cause)
    const message = `${path}: onnxruntime does not take this model: ${cause.message}`
    throw new ModelError('ERR_MODEL_REJECTED', message, { cause })
  }
}

/** onnxruntime gives no reason when it cannot write the weights; there is hardly another. */
function diskFull(path: string, cause: Error): ModelError {
  const message = `${path}: its weights cannot be written anew, most likely because the disk is full; free about twice the size of the model`
  return new ModelError('ERR_DISK_FULL', message, { cause })
}

/** Writes what the dry run found into the graph, in place. */
function stateShapes(
  model: ModelProto,
  { inputs, computed }: DryRun,
): Pick<Preparation, 'inputs' | 'outputs'> {
  const graph = model.graph!
  const outputs = graph.output.map(({ name }) => computed.get(name)!)
  for (const { name, type } of outputs) {
    if (!isCarried(type)) throw unsupportedType('output', name, type)
  }
  const own = new Set(outputs.map(({ name }) => name))
  const interior = [...computed.values()].filter(({ name }) => !own.has(name))
  graph.output = outputs.map(infoOf)
  graph.valueInfo = interior.filter(({ dims }) => !dims.includes(-1)).map(infoOf)
  return { inputs: inputs.map(plain), outputs: outputs.map(plain) }
}

function infoOf({ name, type, dims }: TensorFacts) {
  return makeValueInfo(
    name,
    type,
    dims.map((size, i) => (size < 0 ? `${name}[${i}]` : size)),
  )
}

function plain({ name, type, dims }: TensorFacts): Preparation['inputs'][number] {
  return { name, type, dims: [...dims] }
}

async function hashAll(locations: readonly string[], modelPath: string) {
  const hashes: Preparation['externalFiles'] = []
  for (const location of locations) {
    hashes.push({ location, sha: await hashFile(join(dirname(modelPath), location)) })
  }
  return hashes
}

/** A classifier and its labels must agree; other outputs have no dimension that is surely classes. */
function checkLabels({ labels, name }: ModelEntry, { outputs }: Preparation): void {
  if (!labels || !isClassifier(outputs)) return
  const { dims } = outputs[0]!
  const classes = dims.reduce((product, size) => product * size, 1)
  if (labels.length === classes) return
  const message = `labels.txt of "${name}" names ${labels.length} classes, but its output "${outputs[0]!.name}" has ${classes} ([${dims}])`
  throw new ModelError('ERR_BAD_LABELS', message)
}
