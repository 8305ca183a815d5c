import type { EngineTensor } from '@cocoi/engine'
import { elementBytes } from '@cocoi/onnx'
import { ModelError } from './errors.ts'
import type { TensorSpec } from './prepared-model.ts'

/** A tensor that somebody sent; one without a name is meant for the only input of a model. */
export interface GivenTensor {
  readonly name?: string
  readonly type: string
  readonly dims: readonly number[]
  /** Little-endian, row-major. */
  readonly data: Uint8Array
}

/**
 * The tensors by input name, if they are what the model takes: each input once, its type and shape.
 *
 * @throws {ModelError} ERR_WRONG_INPUT with what was expected and what came
 */
export function checkInputs(
  tensors: readonly GivenTensor[],
  { inputs }: { readonly inputs: readonly TensorSpec[] },
): Record<string, EngineTensor> {
  const checked = new Map<string, EngineTensor>()
  for (const tensor of tensors) {
    const name = tensor.name || (tensors.length === 1 && inputs.length === 1 ? inputs[0]!.name : '')
    const input = inputs.find(input => input.name === name)
    if (!input) throw wrong(`${stranger(name)}; ${expectation(inputs)}`)
    if (checked.has(name)) throw wrong(`the input "${name}" is given twice`)
    checked.set(name, checkTensor(input, tensor))
  }
  const missing = inputs.find(({ name }) => !checked.has(name))
  if (missing) throw wrong(`the input "${missing.name}" is missing; ${expectation(inputs)}`)
  return Object.fromEntries(checked)
}

function checkTensor(input: TensorSpec, { type, dims, data }: GivenTensor): EngineTensor {
  const sameShape = dims.length === input.dims.length && dims.every((n, i) => n === input.dims[i])
  if (type !== input.type || !sameShape) {
    const got = `input "${input.name}" is ${describe({ type, dims })}, the model takes ${describe(input)}`
    throw wrong(got + hint(input, { type, dims }))
  }
  const need = dims.reduce((product, size) => product * size, elementBytes(input.type))
  if (data.length !== need) {
    const message = `input "${input.name}" of ${describe(input)} needs ${need} bytes, got ${data.length}`
    throw wrong(message)
  }
  return { type: input.type, dims, data }
}

/** The two mistakes that are made most often, with their remedies. */
function hint(input: TensorSpec, given: { type: string; dims: readonly number[] }): string {
  if (given.type === 'float64' && input.type === 'float32') {
    return "; NumPy makes float64 by default: convert with astype('float32')"
  }
  if (given.dims.length === input.dims.length - 1 && input.dims[0] === 1) {
    return '; the batch dimension is missing: add one of size 1 in front'
  }
  return ''
}

function stranger(name: string): string {
  if (name !== '') return `there is no input "${name}"`
  return 'a tensor without a name is for a model with one input'
}

function expectation(inputs: readonly TensorSpec[]): string {
  const list = inputs.map(input => `"${input.name}" ${describe(input)}`).join(', ')
  return `the model takes ${list || 'none'}`
}

function describe({ type, dims }: { type: string; dims: readonly number[] }): string {
  return `${type} [${dims.join(', ')}]`
}

function wrong(message: string): ModelError {
  return new ModelError('ERR_WRONG_INPUT', message)
}
