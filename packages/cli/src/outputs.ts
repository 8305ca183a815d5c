import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { EngineTensor } from '@cocoi/engine'
import { writeNpy } from '@cocoi/models'
import type { InferenceAnswer } from '@cocoi/protocol'

/** Writes every output as `<input>.<scheme>.<output>.npy`; returns the paths. */
export async function saveOutputs(
  folder: string,
  { input, scheme }: { input: string; scheme: string },
  { outputs }: InferenceAnswer,
): Promise<string[]> {
  await mkdir(folder, { recursive: true })
  const paths: string[] = []
  for (const output of outputs) {
    const name = [input, scheme, output.name].map(fileName).join('.')
    const path = join(folder, `${name}.npy`)
    await writeFile(path, writeNpy(output as EngineTensor))
    paths.push(path)
  }
  return paths
}

/** The inputs, renamed where two would be saved under one name. */
export function withDistinctNames<T extends { readonly name: string }>(inputs: readonly T[]): T[] {
  const taken = new Set<string>()
  return inputs.map(input => {
    let name = input.name
    for (let i = 2; taken.has(fileName(name)); i++) name = `${input.name}-${i}`
    taken.add(fileName(name))
    return { ...input, name }
  })
}

function fileName(text: string): string {
  return text.replace(/[^a-zA-Z0-9_-]+/g, '-')
}

/** The answer for people: ranked classes where the model is a classifier, else shape and range. */
export function describeOutputs({ outputs, top }: InferenceAnswer): string[] {
  if (top && top.length > 0) {
    return top.map(({ index, label, score }) => {
      const name = label === undefined ? `class ${index}` : `${label} (${index})`
      return `${score.toPrecision(4).padStart(10)}  ${name}`
    })
  }
  return outputs.map(({ name, type, dims, data }) => {
    const range = type === 'float32' ? ` ${rangeOf(data)}` : ''
    return `${name}: ${type} [${dims.join(', ')}]${range}`
  })
}

function rangeOf(data: Uint8Array): string {
  const values = new Float32Array(data.slice().buffer)
  let [least, most] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
  for (const value of values) {
    least = Math.min(least, value)
    most = Math.max(most, value)
  }
  return `from ${least.toPrecision(4)} to ${most.toPrecision(4)}`
}
