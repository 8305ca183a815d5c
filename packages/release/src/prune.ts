import { existsSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { ReleaseError } from './errors.ts'
import { foreignLibraries } from './native-files.ts'
import type { Platform } from './platform.ts'

/** Written for those who develop with a package, never loaded by one that runs. */
const DEVELOPMENT_FILE = /^\.|\.(ts|mts|cts|map|flow|markdown|md|tsbuildinfo|cc|h|gyp|html)$/
const LICENCE_FILE = /licen[cs]e|notice|copying|third-?party/i
const DEVELOPMENT_FOLDERS = new Set(['test', 'tests', '__tests__', 'example', 'examples', 'docs'])
/** Whole packages: types alone, and what only npm's own bookkeeping needs. */
const DEVELOPMENT_PACKAGES = ['@types', '.bin', '.package-lock.json']
const REMOVE = { recursive: true, force: true } as const
/** Without these a release computes nothing or reads no image. */
const NEEDED = ['onnxruntime-node', '@img/sharp-OS-CPU', '@img/sharp-libvips-OS-CPU']

/**
 * Removes from `stage` what the program never loads on `platform`: binaries for others, types, source
 * maps, and the tests and documents of dependencies. Licences stay.
 *
 * @throws {ReleaseError} ERR_INCOMPLETE if a binary of the platform itself is not there
 */
export function pruneRelease(stage: string, platform: Platform): void {
  const modules = join(stage, 'node_modules')
  for (const file of foreignLibraries(modules, platform)) rmSync(join(modules, file), REMOVE)
  checkNeeded(modules, platform)
  for (const name of DEVELOPMENT_PACKAGES) rmSync(join(modules, name), REMOVE)
  for (const name of ['package-lock.json', '.npmrc']) rmSync(join(stage, name), REMOVE)
  for (const entry of readdirSync(modules, { recursive: true, withFileTypes: true })) {
    const isWaste = entry.isDirectory()
      ? isDevelopmentFolder(entry.parentPath, entry.name)
      : entry.isFile() && DEVELOPMENT_FILE.test(entry.name) && !LICENCE_FILE.test(entry.name)
    if (isWaste) rmSync(join(entry.parentPath, entry.name), REMOVE)
  }
}

/** Only at the top of a package: deeper down a folder `test` may be part of a program. */
function isDevelopmentFolder(parent: string, name: string): boolean {
  return (
    name.startsWith('.') ||
    (DEVELOPMENT_FOLDERS.has(name) && existsSync(join(parent, 'package.json')))
  )
}

function checkNeeded(modules: string, { name, os, cpu }: Platform): void {
  const needed = NEEDED.map(folder => folder.replace('OS', os).replace('CPU', cpu))
  const missing = needed.find(folder => !hasLibrary(join(modules, folder)))
  if (missing === undefined) return
  throw new ReleaseError('ERR_INCOMPLETE', `${missing} came without a library for ${name}`)
}

function hasLibrary(folder: string): boolean {
  if (!existsSync(folder)) return false
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  return files.some(file => /\.(node|so)(\.|$)/.test(file))
}
