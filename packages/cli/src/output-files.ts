import { access, constants, stat, writeFile } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { makeFolder } from '@cocoi/service'
import { CliError } from './errors.ts'
import { systemReason } from './system-error.ts'

/** Where a command is to write what it finds out. */
export interface OutputFiles {
  readonly json?: string
  readonly csv?: string
  readonly svg?: string
  readonly sweepK?: string
  readonly saveOutputs?: string
}

/**
 * Makes sure beforehand that what takes minutes to measure can be written.
 *
 * @throws {CliError} ERR_NO_OUTPUT
 */
export async function requireWritable({
  json,
  csv,
  svg,
  sweepK,
  saveOutputs,
}: OutputFiles): Promise<void> {
  for (const file of [json, csv, svg, sweepK]) if (file !== undefined) await requireFile(file)
  if (saveOutputs === undefined) return
  await makeFolder(resolve(saveOutputs)).catch(error => {
    throw cannotWrite(saveOutputs, systemReason(error))
  })
  await requireAccess(saveOutputs, saveOutputs)
}

/** @throws {CliError} ERR_NO_OUTPUT */
export async function writeReport(path: string, report: object): Promise<void> {
  await writeText(path, `${JSON.stringify(report, undefined, 2)}\n`)
}

/** @throws {CliError} ERR_NO_OUTPUT */
export async function writeText(path: string, text: string): Promise<void> {
  await writeFile(path, text).catch(error => {
    throw cannotWrite(path, systemReason(error))
  })
}

async function requireFile(path: string): Promise<void> {
  const there = await stat(path).catch(() => undefined)
  if (there?.isDirectory()) throw cannotWrite(path, 'it is a folder')
  await requireAccess(there ? path : dirname(resolve(path)), path)
}

async function requireAccess(place: string, path: string): Promise<void> {
  await access(place, constants.W_OK).catch(error => {
    throw cannotWrite(path, systemReason(error))
  })
}

function cannotWrite(path: string, reason: string): CliError {
  return new CliError('ERR_NO_OUTPUT', `cannot write ${path}: ${reason}`)
}
