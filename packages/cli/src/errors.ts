import { exitCode } from './exit-code.ts'

/**
 * - `ERR_USAGE` flags that do not go together, or make no sense
 * - `ERR_NO_INPUT` a file that was named cannot be read
 * - `ERR_INPUT_NEEDED` the model takes what cannot be made up
 * - `ERR_BAD_CONFIG` a file of settings cannot be understood
 * - `ERR_NO_OUTPUT` a file that is to be written cannot be
 * - `ERR_BROKER_IN_USE` a coordinator is online at the broker that was named
 * - `ERR_MODEL_FAILS` onnxruntime cannot run the model on an input
 * - `ERR_CALIBRATION` the speed of an emulated computer cannot be measured, or not be had
 * - `ERR_NOT_INITIALISED` there are no users here yet
 * - `ERR_NO_CA` there is no certificate authority here
 * - `ERR_HOST` a host could not be reached, or what was to be done there failed
 * - `ERR_NO_SPARE` a device that is needed was to be taken out
 * - `ERR_BAD_PASSWORD` a password that cannot be used
 */
export type CliErrorCode =
  | 'ERR_USAGE'
  | 'ERR_NO_INPUT'
  | 'ERR_INPUT_NEEDED'
  | 'ERR_BAD_CONFIG'
  | 'ERR_NO_OUTPUT'
  | 'ERR_BROKER_IN_USE'
  | 'ERR_MODEL_FAILS'
  | 'ERR_CALIBRATION'
  | 'ERR_NOT_INITIALISED'
  | 'ERR_NO_CA'
  | 'ERR_HOST'
  | 'ERR_NO_SPARE'
  | 'ERR_BAD_PASSWORD'

/** A command that cannot go on; the message is a sentence for the person who typed it. */
export class CliError extends Error {
  override readonly name = 'CliError'
  readonly code: CliErrorCode
  readonly exit: number

  constructor(code: CliErrorCode, message: string, exit: number = exitCode.usage) {
    super(message)
    this.code = code
    this.exit = exit
  }
}
