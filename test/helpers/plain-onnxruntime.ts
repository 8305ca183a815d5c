import type { InferenceAnswer, NamedTensor } from '@cocoi/protocol'

process.env.ORT_DISABLE_TELEMETRY = '1'
const ort = await import('onnxruntime-node')

/** Largest relative error at which an answer is the same as the oracle's. */
export const tolerance = { float32: 1e-4, float16: 1e-2 } as const

/** A float32 tensor. */
export interface Floats {
  readonly name: string
  readonly dims: readonly number[]
  readonly values: Float32Array
}

/** Plain onnxruntime on an uncut model: the oracle of all answers. Float32 inputs and outputs. */
export class PlainModel {
  readonly #session: import('onnxruntime-node').InferenceSession

  private constructor(session: import('onnxruntime-node').InferenceSession) {
    this.#session = session
  }

  /** @param path of a model file, with its weights beside it where they are external */
  static async load(path: string): Promise<PlainModel> {
    return new PlainModel(await ort.InferenceSession.create(path, { logSeverityLevel: 4 }))
  }

  async run(...inputs: Floats[]): Promise<Map<string, Floats>> {
    const feeds = inputs.map(({ name, dims, values }) => {
      return [name, new ort.Tensor('float32', values, dims)] as const
    })
    const outputs = await this.#session.run(Object.fromEntries(feeds))
    const floats = Object.entries(outputs).map(([name, { dims, data }]) => {
      return [name, { name, dims: [...dims], values: data as Float32Array }] as const
    })
    return new Map(floats)
  }

  release(): Promise<void> {
    return this.#session.release()
  }
}

/** A tensor as a client sends it. */
export function asTensor({ name, dims, values }: Floats): NamedTensor {
  const data = new Uint8Array(values.buffer, values.byteOffset, values.byteLength)
  return { name, type: 'float32', dims: [...dims], data }
}

/** An output of an answer as floats. */
export function output(answer: Pick<InferenceAnswer, 'outputs'>, name: string): Floats {
  const found = answer.outputs.find(tensor => tensor.name === name)
  if (found?.type !== 'float32') {
    const names = answer.outputs.map(({ name, type }) => `${name} (${type})`).join(', ')
    throw new Error(`there is no float32 output ${name} among ${names}`)
  }
  return { name, dims: found.dims, values: new Float32Array(found.data.slice().buffer) }
}

/** Largest difference relative to the largest expected magnitude; infinite for another shape or NaN. */
export function relativeError(got: Floats, want: Floats): number {
  if (got.dims.join() !== want.dims.join()) return Number.POSITIVE_INFINITY
  return largestGap(got.values, want.values) / largestMagnitude(want.values)
}

/**
 * The relative error of the logits behind a list of probabilities. The constant that a softmax
 * forgets is taken out; probabilities that float32 has rounded to nothing are left out.
 */
export function logitError(got: Floats, want: Floats): number {
  if (got.dims.join() !== want.dims.join()) return Number.POSITIVE_INFINITY
  const places = [...want.values.keys()].filter(i => want.values[i]! > 1e-30)
  const logits = ({ values }: Floats) => {
    const logs = Float64Array.from(places, i => Math.log(values[i]!))
    const mean = logs.reduce((sum, value) => sum + value, 0) / logs.length
    return logs.map(value => value - mean)
  }
  const expected = logits(want)
  return largestGap(logits(got), expected) / largestMagnitude(expected)
}

/** Index of the largest value. */
export function topClass({ values }: Floats): number {
  return values.reduce((top, value, i) => (value > values[top]! ? i : top), 0)
}

type Values = Float32Array | Float64Array

function largestGap(got: Values, want: Values): number {
  let worst = 0
  for (const [i, value] of want.entries()) {
    const gap = Math.abs(value - got[i]!)
    if (!(gap <= worst)) worst = Number.isNaN(gap) ? Number.POSITIVE_INFINITY : gap
  }
  return worst
}

function largestMagnitude(values: Values): number {
  let top = Number.MIN_VALUE
  for (const value of values) top = Math.max(top, Math.abs(value))
  return top
}
