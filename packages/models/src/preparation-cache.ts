import { mkdir, readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { runtimeVersion } from '@cocoi/engine'
import { z } from 'zod'
import { carriedTypes } from './carried-types.ts'
import { systemCode } from './errors.ts'
import { hashFile, hashText } from './hash-file.ts'
import type { InputSizes } from './input-sizes.ts'
import { replaceFile } from './replace-file.ts'

/** Grows when preparing gives another result for the same model. */
const recipe = 1

const sha = z.string().regex(/^[0-9a-f]{64}$/)
const tensors = z.array(
  z.object({ name: z.string(), type: z.enum(carriedTypes), dims: z.array(z.int().min(-1)) }),
)

const preparation = z.object({
  /** Files beside the model that its weights came from, relative to its folder, and their hashes. */
  externalFiles: z.array(z.object({ location: z.string(), sha })),
  graphSha: sha,
  blobs: z.array(sha),
  inputs: tensors,
  outputs: tensors,
})

/** What is remembered of a prepared model besides its blobs. */
export type Preparation = z.output<typeof preparation>

/** Remembers what models were prepared to, by the hash of what went in. */
export class PreparationCache {
  readonly #folder: string

  constructor(folder: string) {
    this.#folder = folder
  }

  /** The key of a model: its file, the sizes it was given, and the makers of the result. */
  async key(modelPath: string, sizes: InputSizes): Promise<string> {
    const { dimensions, ...image } = sizes
    const sorted = Object.entries(dimensions).sort(([a], [b]) => (a < b ? -1 : 1))
    const parts = [recipe, runtimeVersion, await hashFile(modelPath), sorted, image]
    return hashText(JSON.stringify(parts))
  }

  /** What is remembered under the key, if the files beside the model are still the same. */
  async find(key: string, modelPath: string): Promise<Preparation | undefined> {
    const found = await this.#read(key)
    for (const { location, sha } of found?.externalFiles ?? []) {
      const now = await hashFile(join(dirname(modelPath), location)).catch(() => undefined)
      if (now !== sha) return undefined
    }
    return found
  }

  async remember(key: string, entry: Preparation): Promise<void> {
    await mkdir(this.#folder, { recursive: true })
    await replaceFile(this.#path(key), JSON.stringify(entry))
  }

  /** A record that cannot be understood is none: the model is then prepared again. */
  async #read(key: string): Promise<Preparation | undefined> {
    try {
      return preparation.parse(JSON.parse(await readFile(this.#path(key), 'utf8')))
    } catch (error) {
      if (error instanceof SyntaxError || error instanceof z.ZodError) return undefined
      if (systemCode(error) === 'ENOENT') return undefined
      throw error
    }
  }

  #path(key: string): string {
    return join(this.#folder, `${key}.json`)
  }
}
