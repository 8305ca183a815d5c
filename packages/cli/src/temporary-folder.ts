import { mkdtempSync, rmSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { undoAtExit } from './at-exit.ts'
import { CliError } from './errors.ts'
import { exitCode } from './exit-code.ts'
import { systemReason } from './system-error.ts'

/** A folder of this process that is gone when the process is, however it ends. */
export interface TemporaryFolder {
  readonly path: string
  remove(): Promise<void>
}

/** Threads that are being ended may still write a last file. */
const removal = { recursive: true, force: true, maxRetries: 5, retryDelay: 50 } as const

/** @throws {CliError} ERR_NO_OUTPUT if the system's folder for such files cannot be written */
export function makeTemporaryFolder(): TemporaryFolder {
  const path = make()
  const lastResort = () => rmSync(path, removal)
  process.once('exit', lastResort)
  const remove = undoAtExit(async () => {
    await rm(path, removal)
    process.off('exit', lastResort)
  })
  return { path, remove }
}

function make(): string {
  try {
    return mkdtempSync(join(tmpdir(), 'cocoi-'))
  } catch (error) {
    const message = `cannot make a folder in ${tmpdir()}: ${systemReason(error)}; set TMPDIR to one that can be written`
    throw new CliError('ERR_NO_OUTPUT', message, exitCode.failed)
  }
}
