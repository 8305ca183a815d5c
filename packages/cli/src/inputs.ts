import { readFile } from 'node:fs/promises'
import { basename } from 'node:path'
import type { EngineTensor } from '@cocoi/engine'
import {
  checkInputs,
  imageTarget,
  type ModelConfig,
  type PreparedModel,
  preprocessImage,
  readNpy,
} from '@cocoi/models'
import type { InferenceInput, NamedTensor } from '@cocoi/protocol'
import { CliError } from './exit-code.ts'
import { noise } from './noise.ts'

/** An input as it is sent, and as the oracle is fed with it. */
export interface RunInput {
  readonly name: string
  readonly sent: InferenceInput
  readonly feeds: Record<string, EngineTensor>
}

/** Pixels of the largest image that the command line decodes. */
const maxPixels = 100e6

/**
 * Reads one input: an image, or `.npy` tensors, `FILE.npy` for a model with one input and
 * `NAME=FILE.npy,NAME=FILE.npy` for one with several.
 *
 * @throws {ModelError} for what does not decode or does not fit the model
 */
export async function readInput(
  argument: string,
  prepared: PreparedModel,
  config: ModelConfig,
): Promise<RunInput> {
  const name = basename(argument)
  if (!argument.includes('.npy')) {
    const image = await read(argument)
    const target = imageTarget(prepared, config)
    const tensor = await preprocessImage(image, prepared, config, { maxPixels })
    return { name, sent: { image }, feeds: { [target.name]: tensor } }
  }
  const tensors = await readTensors(argument)
  return { name: name.replace(/,.*/, ''), sent: { tensors }, feeds: checkInputs(tensors, prepared) }
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

/** The tensors of an argument; one without a name is meant for the only input of a model. */
export async function readTensors(argument: string): Promise<NamedTensor[]> {
  const parts = argument.split(',').map(part => part.split('='))
  return Promise.all(
    parts.map(async ([left, right]) => {
      const tensor = readNpy(await read(right ?? left!))
      return { name: right ? left! : '', ...tensor }
    }),
  )
}

async function read(path: string): Promise<Uint8Array> {
  try {
    return new Uint8Array(await readFile(path))
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new CliError('ERR_NO_INPUT', `cannot read the input ${path}: ${reason}`)
  }
}
