import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** Folder of models and photos beside the repository; too large to be part of it. */
const sharedFolder = fileURLToPath(new URL('../../../../../shared/', import.meta.url))

/** Paths of the files in a folder of the shared ones; empty where there is none. */
export function sharedFiles(folder: string, ending: string): string[] {
  const path = join(sharedFolder, folder)
  const names = existsSync(path) ? readdirSync(path) : []
  return names.filter(name => name.endsWith(ending)).map(name => join(path, name))
}

/** Defines tests of shared files, or one that is skipped and says which folder it lacks. */
export function describeShared(title: string, files: readonly string[], tests: () => void): void {
  const missing = `${title} (skipped: the files are not in ${sharedFolder})`
  if (files.length === 0) describe.skip(missing, () => it('needs them'))
  else describe(title, tests)
}
