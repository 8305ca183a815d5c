/** Between two lines in a log; a terminal is rewritten all the time. */
const logEveryMs = 5000

/** The line on stderr that says how far something is. */
export class ProgressLine {
  readonly #isTerminal = process.stderr.isTTY === true
  #saidAt = Number.NEGATIVE_INFINITY

  show(text: string): void {
    if (this.#isTerminal) return void process.stderr.write(`\r\x1b[K${text}`)
    if (performance.now() - this.#saidAt < logEveryMs) return
    this.#saidAt = performance.now()
    process.stderr.write(`${text}\n`)
  }

  /** Says something that stays. */
  print(text: string): void {
    this.clear()
    process.stderr.write(`${text}\n`)
  }

  clear(): void {
    if (this.#isTerminal) process.stderr.write('\r\x1b[K')
  }
}
