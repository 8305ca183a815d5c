import {
  checkModel,
  externalLocation,
  freezeInputs,
  type ModelProto,
  OnnxError,
  parseModel,
  serializeModel,
  setExternal,
  tensorBytes,
  tensorShapes,
  tensorTypes,
  topologicalOrder,
} from '@cocoi/onnx'
import { sampleModel } from '../../../packages/onnx/test/sample-models.ts'
import type { FuzzedParser } from '../fuzzed-parser.ts'
import { hostileNumbers, hostileTexts } from '../hostile.ts'
import { below, pick, type Random } from '../random.ts'

function sampleWithExternalData(): ModelProto {
  const model = sampleModel()
  const { initializer } = model.graph!
  const away = { ...initializer[0]!, name: 'away' }
  initializer.push(setExternal(away, { location: 'w.bin', offset: 8, length: 8 }))
  return model
}

/** A model with one to three of its fields, anywhere, set to something else of the same kind. */
function forgedModel(random: Random): Uint8Array {
  const model = sampleWithExternalData()
  for (let count = 1 + below(random, 3); count > 0; count -= 1) {
    const [owner, key] = pick(random, fieldsOf(model))
    owner[key] = another(owner[key], random)
  }
  return serializeModel(model)
}

type Owner = Record<string, unknown>

function fieldsOf(root: object): [owner: Owner, key: string][] {
  return Object.entries(root).flatMap(([key, value]): [Owner, string][] => {
    if (key.startsWith('$')) return []
    const own: [Owner, string] = [root as Owner, key]
    const isBranch = typeof value === 'object' && value !== null && !ArrayBuffer.isView(value)
    return isBranch ? [own, ...fieldsOf(value)] : [own]
  })
}

function another(value: unknown, random: Random): unknown {
  const number = pick(random, hostileNumbers.filter(Number.isFinite))
  if (typeof value === 'bigint') return BigInt.asIntN(64, BigInt(Math.trunc(number)))
  if (typeof value === 'number') return Math.trunc(number) | 0
  if (typeof value === 'string') return pick(random, hostileTexts).replaceAll('\ud800', '')
  if (value instanceof Uint8Array) return new Uint8Array(below(random, 20))
  if (Array.isArray(value)) return random() < 0.5 ? [...value, ...value] : value.slice(1)
  return random() < 0.5 ? undefined : value
}

/** Everything that is done with a model somebody sent; what one step refuses the others may take. */
const steps: readonly ((model: ModelProto) => unknown)[] = [
  checkModel,
  tensorShapes,
  tensorTypes,
  model => topologicalOrder(model.graph!),
  freezeInputs,
  serializeModel,
]

function refusal(step: () => unknown): OnnxError | undefined {
  try {
    step()
  } catch (error) {
    if (error instanceof OnnxError) return error
    throw error
  }
  return undefined
}

function tensorLength(tensor: Parameters<typeof tensorBytes>[0]): number {
  const bytes = externalLocation(tensor) ? 0 : tensorBytes(tensor).length
  if (Number.isSafeInteger(bytes)) return bytes
  throw new RangeError(`tensor "${tensor.name}" of ${bytes} bytes`)
}

export const modelParser: FuzzedParser = {
  name: 'onnx-model',
  errors: [OnnxError],
  seeds: [serializeModel(sampleModel()), serializeModel(sampleWithExternalData())],
  forge: forgedModel,
  // A field of two bytes may be an object of several hundred.
  bytesPerByte: 2048,
  parse: payload => {
    const model = parseModel(payload)
    const { initializer } = model.graph!
    const refusals = [
      ...initializer.map(tensor => refusal(() => tensorLength(tensor))),
      ...steps.map(step => refusal(() => step(model))),
    ].filter(error => error !== undefined)
    if (refusals.length > 0) throw refusals[0]
    return model.graph!.name
  },
}
