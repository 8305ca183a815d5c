import { constants } from 'node:os'

type Undo = () => void | Promise<void>
type EndingSignal = 'SIGINT' | 'SIGTERM' | 'SIGHUP' | 'SIGPIPE'

/**
 * npm, and a shell together with a parent process, deliver one Ctrl-C twice. Signals this close to the
 * first one are the same wish.
 */
const sameWishMs = 500

/** What must not outlive this process, the latest last. */
const pending: (() => Promise<void>)[] = []
const listeners = new Set<() => void>()
let endingSince: number | undefined

/**
 * Registers how to undo something that must not outlive this process, such as a temporary folder or
 * other processes. When a signal ends the process, all of it is undone first, the latest first.
 *
 * @returns undoes it now; however often and by whomever it is called, it happens once
 */
export function undoAtExit(undo: Undo): () => Promise<void> {
  if (pending.length === 0) watchSignals()
  let undoing: Promise<void> | undefined
  const once = () => {
    undoing ??= (async () => undo())().finally(() => pending.splice(pending.indexOf(once), 1))
    return undoing
  }
  pending.push(once)
  return once
}

/** Calls the listener as soon as a signal has come, before anything is undone. */
export function onEnding(listener: () => void): void {
  listeners.add(listener)
}

/** Whether a signal is ending the process: what fails from now on fails because of it. */
export function isEnding(): boolean {
  return endingSince !== undefined
}

/** Undoes everything and ends the process as the signal would have ended it; at once if asked twice. */
export async function endBy(signal: EndingSignal): Promise<void> {
  const code = 128 + constants.signals[signal]
  const now = performance.now()
  if (endingSince !== undefined && now - endingSince < sameWishMs) return
  if (endingSince !== undefined) process.exit(code)
  endingSince = now
  for (const listener of listeners) listener()
  // What fails while everything is being taken away needs no words.
  while (pending.length > 0) await pending.at(-1)!().catch(() => {})
  process.exit(code)
}

let watching = false

/** Not before there is something to undo: until then a signal may simply end the process. */
function watchSignals(): void {
  if (watching) return
  watching = true
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => void endBy(signal))
  }
}
