export type AgentErrorCode =
  | 'ERR_UNKNOWN_PLAN'
  | 'ERR_WRONG_SHAPE'
  | 'ERR_DRAINING'
  | 'ERR_QUEUE_FULL'
  | 'ERR_DUPLICATE_ID'

/** Why a subtask or a plan is refused, in a message that goes to the coordinator as it is; or the whole agent. */
export class AgentError extends Error {
  readonly code: AgentErrorCode

  constructor(code: AgentErrorCode, message: string) {
    super(message)
    this.name = 'AgentError'
    this.code = code
  }

  /** Whether only somebody who changes the settings can mend it. */
  get isConfiguration(): boolean {
    return this.code === 'ERR_DUPLICATE_ID'
  }
}

/** What of an error travels: its code, if it has one, and its sentence. */
export function describeError(error: unknown): { code: string; message: string } {
  const message = error instanceof Error ? error.message : String(error)
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'ERR_INTERNAL'
  return { code: code.slice(0, 64), message: message.slice(0, 4096) }
}
