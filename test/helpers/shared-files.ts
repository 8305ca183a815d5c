import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** Models and photos beside the repository, from `dist/test/helpers/`. */
const folder = new URL('../../../../shared/', import.meta.url)

/** Path of such a file, for example `images/faces-1.jpg`. */
export function sharedFile(name: string): string {
  return fileURLToPath(new URL(name, folder))
}

/** Why tests that need these files must be skipped, or undefined if they are there. */
export function sharedFilesMissing(names: readonly string[]): string | undefined {
  const missing = names.map(sharedFile).find(path => !existsSync(path))
  return missing && `there is no ${missing}; put it there to run this test`
}
