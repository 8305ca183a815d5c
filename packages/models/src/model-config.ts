import { readFile } from 'node:fs/promises'
import { z } from 'zod'
import { ModelError, reasonOf, systemCode } from './errors.ts'
import { nearestName } from './nearest-name.ts'

const finite = z.number()
const perChannel = z.array(finite).min(1).max(4)
const pixels = z.int().min(1).max(16384)

/** Schema of the `input` section: how an image becomes the model's input. */
const imageInput = z.strictObject({
  /** The input that takes the image; needed only if the model has several. */
  name: z.string().optional(),
  format: z.enum(['NCHW', 'NHWC']).optional(),
  channels: z.enum(['RGB', 'BGR']).optional(),
  mean: perChannel.optional(),
  std: perChannel
    .check(z.refine(list => list.every(value => value !== 0), 'must not be 0'))
    .optional(),
  scale: finite.optional(),
  resize: z.enum(['stretch', 'crop', 'letterbox']).optional(),
  /** [height, width] in pixels; needed only if the model leaves them open. */
  size: z.tuple([pixels, pixels]).optional(),
})

const imageOutput = z.strictObject({
  softmax: z.boolean().optional(),
  top: z.int().min(1).max(1000).optional(),
})

/** Schema of config.json. Every key may be left out; a key that is not here is an error. */
export const modelConfig = z.strictObject({
  name: z.string().optional(),
  platform: z.enum(['onnxruntime_onnx']).optional(),
  dimensions: z.record(z.string(), z.int().min(1)).optional(),
  input: imageInput.optional(),
  output: imageOutput.optional(),
  scheme: z.string().optional(),
  transport: z.enum(['float16', 'float32']).optional(),
})

/** Contents of config.json; what each key means and its default is in the README. */
export type ModelConfig = z.output<typeof modelConfig>

/** Keys of each section, by its path. */
const keysOf: Readonly<Record<string, readonly string[]>> = {
  '': Object.keys(modelConfig.shape),
  input: Object.keys(imageInput.shape),
  output: Object.keys(imageOutput.shape),
}

/** Longest value that a message repeats. */
const maxQuoted = 80

/**
 * The configuration, if it follows the schema.
 *
 * @param where file or option that it comes from, for the message
 * @throws {ModelError} ERR_BAD_CONFIG naming the key, the value and what is allowed
 */
export function parseModelConfig(value: unknown, where: string): ModelConfig {
  const outcome = modelConfig.safeParse(value)
  if (outcome.success) return outcome.data
  throw badConfig(where, describeIssue(outcome.error.issues[0]!, value))
}

/**
 * The configuration in a file; an empty one if there is no such file.
 *
 * @throws {ModelError} ERR_BAD_CONFIG
 */
export async function readModelConfig(path: string): Promise<ModelConfig> {
  const text = await readFile(path, 'utf8').catch(error => {
    if (systemCode(error) === 'ENOENT') return undefined
    throw badConfig(path, `cannot be read: ${reasonOf(error)}`)
  })
  return text === undefined ? {} : parseModelConfig(parseJson(text, path), path)
}

function parseJson(text: string, path: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw badConfig(path, `is not JSON: ${(error as Error).message}`)
  }
}

function describeIssue(issue: z.core.$ZodIssue, value: unknown): string {
  const path = issue.path.map(String).join('.')
  if (issue.code === 'unrecognized_keys') return unknownKey(issue.keys[0]!, path)
  const got = quoted(issue.path.reduce(member, value))
  return `${path ? `"${path}"` : 'the file'} is ${got}: ${issue.message}`
}

/** The value if it is short to say; V8 may take for ever to write a deeply nested one as JSON. */
function quoted(value: unknown): string {
  if (Array.isArray(value) && (value.length > 8 || value.some(isBranch))) {
    return `a list of ${value.length}`
  }
  if (isBranch(value) && !Array.isArray(value)) return 'a section'
  const text = JSON.stringify(value) ?? 'missing'
  return text.length <= maxQuoted ? text : `${text.slice(0, maxQuoted)}…`
}

function isBranch(value: unknown): boolean {
  return typeof value === 'object' && value !== null
}

function member(value: unknown, key: PropertyKey): unknown {
  return (value as Record<PropertyKey, unknown> | undefined)?.[key]
}

function unknownKey(key: string, section: string): string {
  const known = keysOf[section] ?? []
  const nearest = nearestName(key.slice(0, maxQuoted), known)
  const hint = nearest ? `did you mean "${nearest}"?` : `known are ${known.join(', ')}`
  return `has the unknown key ${quoted(section ? `${section}.${key}` : key)}; ${hint}`
}

function badConfig(where: string, what: string): ModelError {
  return new ModelError('ERR_BAD_CONFIG', `${where}: ${what}`)
}
