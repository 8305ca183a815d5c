import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const made: string[] = []

/** A new folder, removed after the tests. */
export function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'cocoi-cli-'))
  made.push(folder)
  return folder
}

/** Removes every folder that `newFolder` made. */
export function removeFolders(): void {
  for (const folder of made.splice(0)) rmSync(folder, { recursive: true, force: true })
}
