export type SimulatorErrorCode = 'ERR_BAD_SCENARIO'

/** A simulation cannot be run as asked; the message says what was understood and what is possible. */
export class SimulatorError extends Error {
  readonly code: SimulatorErrorCode

  constructor(code: SimulatorErrorCode, message: string) {
    super(message)
    this.name = 'SimulatorError'
    this.code = code
  }
}
