/** Exit codes of the command line; after a signal it is 128 plus the signal's number, as in a shell. */
export const exitCode = {
  ok: 0,
  /** An answer was wrong or missing. */
  failed: 1,
  /** The command, or a file it was given, cannot be used. */
  usage: 2,
} as const
