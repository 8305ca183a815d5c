import { access, constants, readFile } from 'node:fs/promises'
import { basename } from 'node:path'
import type { EngineTensor } from '@cocoi/engine'
import {
  checkInputs,
  imageTarget,
  type ModelConfig,
  ModelError,
  type PreparedModel,
  preprocessImage,
  readNpy,
} from '@cocoi/models'
import type { InferenceInput, NamedTensor } from '@cocoi/protocol'
import { CliError } from './errors.ts'
import { type InputFiles, parseInputArgument } from './input-argument.ts'
import { noise } from './noise.ts'
import { systemReason } from './system-error.ts'

/** An input as it is sent, and as the oracle is fed with it. */
export interface RunInput {
  readonly name: string
  readonly sent: InferenceInput
  readonly feeds: Record<string, EngineTensor>
}

/** Pixels of the largest image that the command line decodes. */
const maxPixels = 100e6

/**
 * Finds the files of the arguments, before anything long begins.
 *
 * @throws {CliError} ERR_NO_INPUT
 */
export async function requireInputs(inputs: readonly string[]): Promise<void> {
  for (const { path } of inputs.flatMap(input => parseInputArgument(input).files)) {
    await access(path, constants.R_OK).catch(error => {
      throw cannotRead(path, error)
    })
  }
}

/**
 * Reads one input of a model, see `parseInputArgument`.
 *
 * @throws {ModelError} for what does not decode or does not fit the model, naming the file
 */
export async function readInput(
  argument: string,
  prepared: PreparedModel,
  config: ModelConfig,
): Promise<RunInput> {
  const sent = await readRequest(argument)
  const name = basename(parseInputArgument(argument).files[0]!.path)
  return { name, sent, feeds: await naming(argument, () => feedsOf(sent, prepared, config)) }
}

/**
 * Reads what is to be sent for an argument.
 *
 * @throws {CliError} ERR_NO_INPUT
 * @throws {ModelError} ERR_BAD_NPY
 */
export async function readRequest(argument: string): Promise<InferenceInput> {
  const { kind, files } = parseInputArgument(argument)
  if (kind === 'tensors') return { tensors: await Promise.all(files.map(readTensor)) }
  return { image: await read(files[0]!.path) }
}

/** A seeded random input, for a model that is to be tried without data. */
export function randomInput(prepared: PreparedModel, seed: number): RunInput {
  const tensors = prepared.inputs.map(({ name, type, dims }, i) => {
    if (type !== 'float32') {
      const message = `the input "${name}" is ${type}: give one with --input, only float32 is made up`
      throw new CliError('ERR_INPUT_NEEDED', message)
    }
    const count = dims.reduce((product, size) => product * size, 1)
    const data = new Uint8Array(noise(count, seed + i).buffer)
    return { name, type, dims: [...dims], data }
  })
  return { name: `random-${seed}`, sent: { tensors }, feeds: checkInputs(tensors, prepared) }
}

async function feedsOf(
  sent: InferenceInput,
  prepared: PreparedModel,
  config: ModelConfig,
): Promise<Record<string, EngineTensor>> {
  if ('tensors' in sent) return checkInputs(sent.tensors, prepared)
  const { name } = imageTarget(prepared, config)
  return { [name]: await preprocessImage(sent.image, prepared, config, { maxPixels }) }
}

/** A tensor without a name is meant for the only input of a model. */
async function readTensor({ name, path }: InputFiles['files'][number]): Promise<NamedTensor> {
  const bytes = await read(path)
  return await naming(path, () => ({ name: name ?? '', ...readNpy(bytes) }))
}

async function naming<T>(file: string, act: () => T | Promise<T>): Promise<T> {
  try {
    return await act()
  } catch (error) {
    if (!(error instanceof ModelError)) throw error
    throw new ModelError(error.code, `${file}: ${error.message}`, { cause: error })
  }
}

async function read(path: string): Promise<Uint8Array> {
  try {
    return new Uint8Array(await readFile(path))
  } catch (error) {
    throw cannotRead(path, error)
  }
}

function cannotRead(path: string, error: unknown): CliError {
  return new CliError('ERR_NO_INPUT', `cannot read the input ${path}: ${systemReason(error)}`)
}
