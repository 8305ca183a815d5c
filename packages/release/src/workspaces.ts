import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** This package, which makes releases and is in none. */
export const RELEASE_WORKSPACE = 'packages/release'

/** Folders of the workspaces, as the manifest of the repository lists them. */
export function workspaceFolders(root: string): string[] {
  const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    workspaces: string[]
  }
  return manifest.workspaces
    .flatMap(pattern => matching(root, pattern))
    .filter(folder => existsSync(join(root, folder, 'package.json')))
}

/** npm's patterns, as far as we use them: a folder, or every folder in one. */
function matching(root: string, pattern: string): string[] {
  if (!pattern.endsWith('/*')) return [pattern]
  const parent = pattern.slice(0, -2)
  return readdirSync(join(root, parent)).map(name => `${parent}/${name}`)
}
