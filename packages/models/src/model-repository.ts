import { mkdir, rename, rm } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { ModelError } from './errors.ts'
import { installModel } from './install-model.ts'
import { readLabels } from './labels.ts'
import { type ModelConfig, parseModelConfig, readModelConfig } from './model-config.ts'
import type { ModelEntry } from './model-entry.ts'
import { fingerprintOf, isModelName, locateModel, modelNames, versionsOf } from './model-folder.ts'
import { nearestName } from './nearest-name.ts'

/** What may be given along with a model. */
export interface AddOptions {
  /** Contents of config.json; unchecked values are welcome. */
  readonly config?: ModelConfig | Readonly<Record<string, unknown>>
  /** Names of the classes. */
  readonly labels?: readonly string[]
  /** One more than the highest so far unless given. */
  readonly version?: string
}

/**
 * A folder of models:
 *
 * ```
 * <name>/config.json            optional
 * <name>/labels.txt             optional, one class per line
 * <name>/<version>/model.onnx   and the files of its external data; the highest version is used
 * ```
 *
 * `<name>/model.onnx` and `<name>.onnx` are models of version 1. Files are read at every call, so
 * what changes in the folder is seen at the next one.
 */
export class ModelRepository {
  /** Absolute path. */
  readonly folder: string

  private constructor(folder: string) {
    this.folder = folder
  }

  /** Opens the folder, which is made if need be. */
  static async open(folder: string): Promise<ModelRepository> {
    const path = resolve(folder)
    await mkdir(path, { recursive: true }).catch(() => undefined)
    await modelNames(path)
    return new ModelRepository(path)
  }

  /**
   * Every model, by name.
   *
   * @param onProblem called for a model that cannot be used, which is then left out; without it the
   *   first such model is an error
   * @throws {ModelError}
   */
  async list(onProblem?: (name: string, error: ModelError) => void): Promise<ModelEntry[]> {
    const entries: ModelEntry[] = []
    for (const name of await modelNames(this.folder)) {
      try {
        entries.push(await this.#read(name))
      } catch (error) {
        if (!onProblem || !(error instanceof ModelError)) throw error
        onProblem(name, error)
      }
    }
    return entries
  }

  /** @throws {ModelError} ERR_UNKNOWN_MODEL listing the known ones, or what is wrong with this one */
  async find(name: string): Promise<ModelEntry> {
    await this.#require(name)
    return this.#read(name)
  }

  /**
   * Copies a model with its external data into the repository. It appears there whole or not at all.
   *
   * @throws {ModelError} ERR_BAD_MODEL_NAME, ERR_MODEL_EXISTS, or what is wrong with the files
   */
  async add(name: string, modelPath: string, options: AddOptions = {}): Promise<ModelEntry> {
    if (!isModelName(name)) throw badName(name)
    const config = options.config && parseModelConfig(options.config, `config of "${name}"`)
    requireName(config ?? {}, name)
    const highest = (await versionsOf(join(this.folder, name)))[0] ?? '0'
    const version = options.version ?? String(Number(highest) + 1)
    const { labels } = options
    await installModel(resolve(modelPath), { folder: this.folder, name, version, config, labels })
    return this.#read(name)
  }

  /**
   * Removes every version of a model, its configuration and its labels.
   *
   * @throws {ModelError} ERR_UNKNOWN_MODEL
   */
  async remove(name: string): Promise<void> {
    await this.#require(name)
    const doomed = join(this.folder, `.removed-${name}-${process.pid}`)
    await rename(join(this.folder, name), doomed).catch(() => undefined)
    await rm(doomed, { recursive: true, force: true })
    await rm(join(this.folder, `${name}.onnx`), { force: true })
  }

  async #require(name: string): Promise<void> {
    const names = await modelNames(this.folder)
    if (names.includes(name)) return
    const nearest = nearestName(name, names)
    const known = names.length > 0 ? `known are ${names.join(', ')}` : 'the repository is empty'
    const hint = nearest ? `; did you mean "${nearest}"?` : ''
    const message = `there is no model "${name}" in ${this.folder}; ${known}${hint}`
    throw new ModelError('ERR_UNKNOWN_MODEL', message)
  }

  async #read(name: string): Promise<ModelEntry> {
    const place = await locateModel(this.folder, name)
    const configPath = join(this.folder, name, 'config.json')
    const labelsPath = join(this.folder, name, 'labels.txt')
    const config = await readModelConfig(configPath)
    requireName(config, name)
    const labels = await readLabels(labelsPath)
    const fingerprint = await fingerprintOf(place, [configPath, labelsPath])
    return { name, ...place, config, labels, fingerprint }
  }
}

function requireName(config: ModelConfig, name: string): void {
  if (config.name === undefined || config.name === name) return
  const message = `config.json is for the model "${config.name}", but lies in the folder "${name}"`
  throw new ModelError('ERR_BAD_CONFIG', message)
}

function badName(name: string): ModelError {
  const message = `${JSON.stringify(name)} cannot be the name of a model: use 1 to 64 letters, digits, '_' or '-', beginning with a letter or digit`
  return new ModelError('ERR_BAD_MODEL_NAME', message)
}
