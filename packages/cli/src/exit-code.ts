/** Exit codes of the command line, after sysexits.h. */
export const exitCode = {
  ok: 0,
  /** An answer was wrong or missing. */
  failed: 1,
  usage: 2,
} as const

/** A command that cannot go on; the message is a sentence for the person who typed it. */
export class CliError extends Error {
  readonly code: string
  readonly exit: number

  constructor(code: string, message: string, exit: number = exitCode.usage) {
    super(message)
    this.name = 'CliError'
    this.code = code
    this.exit = exit
  }
}
