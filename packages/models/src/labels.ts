import { readFile } from 'node:fs/promises'
import { ModelError, reasonOf, systemCode } from './errors.ts'

/** Longest label; a longer line is not a name but some other file. */
const maxLabelLength = 256

/**
 * Names of the classes, one per line, the first line for class 0.
 *
 * @param where file that the text comes from, for the message
 * @throws {ModelError} ERR_BAD_LABELS naming the line
 */
export function parseLabels(text: string, where: string): string[] {
  const lines = text.replace(/^\uFEFF/, '').split(/\r?\n/)
  while (lines.length > 0 && lines.at(-1)!.trim() === '') lines.pop()
  if (lines.length === 0) throw badLabels(where, 'is empty; write one class name per line')
  return lines.map((line, index) => labelOf(line, where, index + 1))
}

/**
 * The labels in a file, or undefined if there is no such file.
 *
 * @throws {ModelError} ERR_BAD_LABELS
 */
export async function readLabels(path: string): Promise<string[] | undefined> {
  const bytes = await readFile(path).catch(error => {
    if (systemCode(error) === 'ENOENT') return undefined
    throw badLabels(path, `cannot be read: ${reasonOf(error)}`)
  })
  return bytes && parseLabels(decode(bytes, path), path)
}

function labelOf(line: string, where: string, number: number): string {
  const label = line.trim()
  if (label === '') {
    throw badLabels(where, `line ${number} is empty, so class ${number - 1} has no name`)
  }
  if (label.length > maxLabelLength || label.includes('\0')) {
    throw badLabels(where, `line ${number} is not a class name (${label.length} characters)`)
  }
  return label
}

function decode(bytes: Uint8Array, path: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    throw badLabels(path, 'is not UTF-8 text')
  }
}

function badLabels(where: string, what: string): ModelError {
  return new ModelError('ERR_BAD_LABELS', `${where}: ${what}`)
}
