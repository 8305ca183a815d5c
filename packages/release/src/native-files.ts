import { closeSync, openSync, readdirSync, readSync } from 'node:fs'
import { join, relative } from 'node:path'
import type { Platform } from './platform.ts'

/** `e_machine` of an ELF file (elf(5)). */
const MACHINES: Record<Platform['cpu'], number> = { x64: 0x3e, arm64: 0xb7 }
const ELF = 0x7f454c46

/** Native libraries below `folder` that `platform` cannot load: for another processor, system or libc. */
export function foreignLibraries(folder: string, platform: Platform): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter(entry => entry.isFile() && /\.(node|so|dll|dylib)(\.|$)/.test(entry.name))
    .map(entry => join(entry.parentPath, entry.name))
    .filter(path => /\bmusl\b/.test(path) || machineOf(path) !== MACHINES[platform.cpu])
    .map(path => relative(folder, path))
}

/** Undefined for what is no ELF file. */
function machineOf(path: string): number | undefined {
  const header = Buffer.alloc(20)
  const file = openSync(path, 'r')
  try {
    readSync(file, header, 0, header.length, 0)
  } finally {
    closeSync(file)
  }
  return header.readUInt32BE(0) === ELF ? header.readUInt16LE(18) : undefined
}
