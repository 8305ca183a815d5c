import { readFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'

/**
 * Session numbers that grow over restarts, also on a Pi without a clock battery that wakes up in the
 * past: the last one that was used is kept in the state folder.
 */
export class SessionCounter {
  readonly #file: string
  #last: number

  constructor(folder: string) {
    this.#file = join(folder, 'session')
    this.#last = readNumber(this.#file)
  }

  /** The number of the next connection attempt: the time in ms, or one more than the last. */
  next(now: number): number {
    this.#last = Math.max(this.#last + 1, now)
    return this.#last
  }

  /** Keeps a number that was used for a connection that came about. */
  async keep(session: number): Promise<void> {
    await writeFile(this.#file, `${session}\n`)
  }
}

/** Sessions beyond this would leave no room to grow; no clock says such a time. */
const greatest = Number.MAX_SAFE_INTEGER / 2

function readNumber(file: string): number {
  try {
    const value = Number(readFileSync(file, 'utf8'))
    return Number.isSafeInteger(value) && value > 0 && value < greatest ? value : 0
  } catch {
    return 0 // the first start, or a file that is gone: the clock is all there is
  }
}
