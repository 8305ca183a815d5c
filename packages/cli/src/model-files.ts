import { readFile } from 'node:fs/promises'
import { type AddOptions, parseLabels, parseModelConfig } from '@cocoi/models'
import { CliError } from './errors.ts'
import { systemReason } from './system-error.ts'

/** Paths of the files that may be given along with a model. */
export interface ModelFiles {
  readonly config?: string | undefined
  readonly labels?: string | undefined
}

/**
 * Reads the configuration and the labels of a model.
 *
 * @throws {CliError} ERR_NO_INPUT if a file cannot be read, {ModelError} if it cannot be used
 */
export async function readModelFiles({ config, labels }: ModelFiles): Promise<AddOptions> {
  return {
    ...(config ? { config: parseModelConfig(parseJson(await read(config), config), config) } : {}),
    ...(labels ? { labels: parseLabels(await read(labels), labels) } : {}),
  }
}

function parseJson(text: string, path: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new CliError('ERR_BAD_CONFIG', `${path} is not JSON: ${(cause as Error).message}`)
  }
}

async function read(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (cause) {
    throw new CliError('ERR_NO_INPUT', `cannot read ${path}: ${systemReason(cause)}`)
  }
}
