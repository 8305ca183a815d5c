import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  elementTypeName,
  freezeInputs,
  type ModelProto,
  OnnxError,
  parseModel,
  serializeModel,
  type ValueInfoProto,
} from '@cocoi/onnx'
import { carriedTypes, isCarried } from './carried-types.ts'
import { ModelError, reasonOf } from './errors.ts'
import { fixInputSizes, type InputSizes } from './input-sizes.ts'
import { externalFiles, referToWeights } from './source-weights.ts'

/** How a model file is made ready. */
export interface Reading {
  readonly sizes: InputSizes
  /** Existing folder for weights that have to be written anew. */
  readonly scratchFolder: string
}

/** The user's model, checked and made ready for onnxruntime. */
export interface SourceModel {
  /** Graph with static inputs and constant weights, which lie where they always did. */
  readonly graph: Uint8Array
  /** Folder that the places of the weights are relative to. */
  readonly weightsFolder: string
  /** Files beside the model that hold weights, relative to its folder. */
  readonly externalFiles: readonly string[]
}

/**
 * Reads and checks a model file. Blocks for as long as it takes, seconds for a large one: call it
 * in a worker thread only.
 *
 * @throws {ModelError} naming the file
 */
export function checkSource(path: string): readonly string[] {
  return naming(path, () => externalFiles(read(path).model.graph!, path))
}

/**
 * Reads and checks a model file and fixes what the user left open. Blocks like {@link checkSource}.
 *
 * @throws {ModelError} naming the file
 */
export function readSource(path: string, { sizes, scratchFolder }: Reading): SourceModel {
  return naming(path, () => {
    const { model, bytes } = read(path)
    const files = externalFiles(model.graph!, path)
    const frozen = freezeInputs(model)
    const graph = frozen.graph!
    for (const info of graph.input) requireTensor('input', info)
    for (const info of graph.output) requireTensor('output', info)
    fixInputSizes(frozen, sizes)
    graph.valueInfo = []
    const spillPath = join(scratchFolder, 'numbers.bin')
    const weightsFolder = referToWeights(graph, { path, bytes }, spillPath)
    return { graph: serializeModel(frozen), weightsFolder, externalFiles: files }
  })
}

function read(path: string): { model: ModelProto; bytes: Uint8Array } {
  const bytes = readBytes(path)
  return { model: parseModel(bytes), bytes }
}

function readBytes(path: string): Uint8Array {
  try {
    return readFileSync(path)
  } catch (error) {
    throw new ModelError('ERR_MODEL_FILE', `the file cannot be read: ${reasonOf(error)}`)
  }
}

/** Shapes are left to the caller; an output may be without a type, which onnxruntime then finds. */
function requireTensor(what: 'input' | 'output', { name, type }: ValueInfoProto): void {
  const kind = type?.value
  const element = kind?.case === 'tensorType' ? kind.value.elemType : 0
  if (what === 'output' && (!kind?.case || (kind.case === 'tensorType' && element === 0))) return
  const found = kind?.case === 'tensorType' ? elementTypeName(element) : kind?.case
  if (!isCarried(found)) throw unsupportedType(what, name, found ?? `type ${element}`)
  if (what === 'output' || (kind?.case === 'tensorType' && kind.value.shape)) return
  const message = `input "${name}" states no shape, not even how many dimensions it has`
  throw new ModelError('ERR_SYMBOLIC_SHAPE', `${message}; export the model with a shape`)
}

/** The error for an input or output that cannot be sent. */
export function unsupportedType(what: 'input' | 'output', name: string, found: string): ModelError {
  const message = `${what} "${name}" is of ${found}; only tensors of ${carriedTypes.join(', ')} can be sent`
  return new ModelError('ERR_UNSUPPORTED_TYPE', message)
}

function naming<T>(path: string, action: () => T): T {
  try {
    return action()
  } catch (error) {
    if (error instanceof ModelError || error instanceof OnnxError) {
      throw new ModelError(error.code, `${path}: ${error.message}`, { cause: error })
    }
    throw error
  }
}
