import { execFileSync } from 'node:child_process'
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Dice } from './dice.ts'

/** Changes a few bytes in the middle of every other file of a folder, in place. */
export function corruptFiles(folder: string, dice: Dice): void {
  for (const name of filesIn(folder)) {
    if (dice.next() < 0.5) continue
    const bytes = readFileSync(join(folder, name))
    for (let i = 0; i < 16 && bytes.length > 0; i++) {
      const at = dice.between(0, bytes.length - 1)
      bytes[at] = bytes[at]! ^ 0x55
    }
    writeFileSync(join(folder, name), bytes, { flag: 'r+' })
  }
}

/** Why no disk can be filled here; undefined if it can. */
export function diskFullMissing(): string | undefined {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return 'it takes root on Linux'
  const folder = mkdtempSync(join(tmpdir(), 'cocoi-disk-'))
  try {
    mountTinyDisk(folder)
    unmount(folder)
    return undefined
  } catch {
    return 'mount is not permitted'
  } finally {
    rmdirSync(folder)
  }
}

/** Puts an empty disk of a few pages in place of a folder, whose files are removed first. */
export function mountTinyDisk(folder: string): void {
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=8k', 'cocoi-chaos', folder], { stdio: 'pipe' })
}

export function unmount(folder: string): void {
  execFileSync('umount', ['--lazy', folder], { stdio: 'pipe' })
}

function filesIn(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch {
    return [] // it has fetched nothing yet
  }
}
