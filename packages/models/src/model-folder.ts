import { readdir, realpath, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { ModelError, reasonOf } from './errors.ts'

/** Form of a model's name, which becomes a topic level and a folder. */
const nameForm = /^[a-zA-Z0-9][a-zA-Z0-9_-]{0,63}$/

/** Name of the model file in the folder of a version. */
export const modelFileName = 'model.onnx'

const ending = '.onnx'

/** Whether a model can have this name. */
export function isModelName(name: string): boolean {
  return nameForm.test(name)
}

/** Names of the models in a repository, sorted: `<name>/` and `<name>.onnx`. */
export async function modelNames(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(error => {
    const message = `the model repository ${folder} cannot be read: ${reasonOf(error)}`
    throw new ModelError('ERR_MODEL_FILE', message)
  })
  const names = entries.flatMap(entry => {
    if (entry.name.endsWith(ending)) return [basename(entry.name, ending)]
    return entry.isDirectory() || entry.isSymbolicLink() ? [entry.name] : []
  })
  return [...new Set(names)].filter(isModelName).sort()
}

/** Versions in the folder of a model, the highest first; empty if there is no such folder. */
export async function versionsOf(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch(() => [])
  const versions = names.filter(name => /^[1-9]\d{0,8}$/.test(name))
  return versions.sort((a, b) => Number(b) - Number(a))
}

/** Where the newest version of a model lies. */
export interface ModelPlace {
  readonly version: string
  readonly modelPath: string
}

/**
 * Finds `<name>/<version>/model.onnx` of the highest version, else `<name>/model.onnx`, else
 * `<name>.onnx`.
 *
 * @throws {ModelError} ERR_MODEL_FILE if the folder holds none
 */
export async function locateModel(repository: string, name: string): Promise<ModelPlace> {
  const folder = join(repository, name)
  const [newest] = await versionsOf(folder)
  const candidates = newest
    ? [join(folder, newest, modelFileName)]
    : [join(folder, modelFileName), join(repository, name + ending)]
  for (const modelPath of candidates) {
    if (await isFile(modelPath)) return { version: newest ?? '1', modelPath }
  }
  const message = `the model "${name}" has no file ${candidates[0]}`
  throw new ModelError('ERR_MODEL_FILE', `${message}; put the ONNX file there`)
}

/**
 * A text that changes when one of a model's files does: the model, what lies beside it, and its
 * configuration and labels.
 */
export async function fingerprintOf(place: ModelPlace, others: string[]): Promise<string> {
  const folder = dirname(place.modelPath)
  const stem = basename(place.modelPath)
  const alone = stem === modelFileName
  const beside = (await readdir(folder)).filter(name => alone || name.startsWith(stem))
  const paths = [...beside.map(name => join(folder, name)), ...others]
  const stamps = await Promise.all([...new Set(paths)].sort().map(stampOf))
  return [place.version, ...stamps.filter(stamp => stamp !== undefined)].join(' ')
}

async function stampOf(path: string): Promise<string | undefined> {
  const file = await stat(path).catch(() => undefined)
  if (!file?.isFile()) return undefined
  return `${basename(path)}:${file.size}:${file.mtimeMs}`
}

async function isFile(path: string): Promise<boolean> {
  const real = await realpath(path).catch(() => path)
  return (await stat(real).catch(() => undefined))?.isFile() ?? false
}
