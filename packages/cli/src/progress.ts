import ora from 'ora'
import { isEnding, onEnding } from './at-exit.ts'

/** What a long command is doing, for a person who waits. */
export interface Progress {
  /** Begins the next thing; what went before is done. */
  step(text: string): void
  /** More about the present thing, such as `3 of 6`. */
  detail(text: string): void
  /** The present thing is done; a line stays. */
  done(text?: string): void
  fail(text?: string): void
  /** Prints text between the steps. */
  print(text: string): void
}

/** A spinner on a terminal, plain lines elsewhere; always on stderr, results go to stdout. */
export function createProgress(): Progress {
  const spinner = ora({ stream: process.stderr, discardStdin: false })
  let current = ''
  onEnding(() => {
    if (process.stderr.isTTY) spinner.start('stopping')
  })
  const finish = () => {
    if (spinner.isSpinning) spinner.succeed(current)
  }
  return unlessEnding({
    step(text) {
      finish()
      current = text
      spinner.start(text)
    },
    detail(text) {
      if (process.stderr.isTTY) spinner.text = `${current} · ${text}`
    },
    done(text = current) {
      if (spinner.isSpinning) spinner.succeed(text)
    },
    fail(text = current) {
      if (spinner.isSpinning) spinner.fail(text)
    },
    print(text) {
      finish()
      process.stdout.write(`${text}\n`)
    },
  })
}

/** What is still told while a signal ends the process is of no interest. */
function unlessEnding(progress: Progress): Progress {
  const quiet = Object.entries(progress).map(([name, act]) => [
    name,
    (text: string) => (isEnding() ? undefined : act(text)),
  ])
  return Object.fromEntries(quiet) as Progress
}
