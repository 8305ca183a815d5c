import { CommanderError } from 'commander'
import { CliError } from './errors.ts'
import { exitCode } from './exit-code.ts'
import { explainSystemError, isSystemError } from './system-error.ts'

/** What a failed command leaves behind: text for stderr, and its exit code. */
export interface Failure {
  readonly text: string
  readonly exit: number
}

/** Failures of the system, not of the command that was typed or of a file that was given. */
const ofTheSystem =
  /^ERR_(BROKER_UNREACHABLE|NO_BROKER_FOUND|NOT_CONNECTED|PUBLISH_TIMEOUT|SUBSCRIBE_REFUSED|CLOSED|NO_ANSWER|DAEMON_FAILED|CLUSTER_\w+|NO_EMULATION|DEADLINE|OVERLOADED|STOPPING|CANCELLED|INTERNAL|STAGE_FAILED|NOT_DECODABLE|FLOAT16_RANGE|ENGINE_\w+|BLOB_\w+|DISK_FULL)$/

/** Names of errors that are a fault of the program, whatever code Node gives them. */
const faults = ['Error', 'TypeError', 'RangeError', 'SyntaxError', 'AssertionError']

/** Known failures are one sentence with a code; only a fault of ours shows where it happened. */
export function explainFailure(error: unknown, command: string | undefined): Failure {
  if (error instanceof CommanderError) return usage(error, command)
  if (isSystemError(error)) {
    return { text: `ERR_FILE: ${explainSystemError(error)}\n`, exit: exitCode.failed }
  }
  if (error instanceof Error && isKnown(error)) {
    const exit = ofTheSystem.test(error.code) ? exitCode.failed : exitCode.usage
    const text = `${error.code}: ${oneLine(error.message)}\n`
    return { text, exit: error instanceof CliError ? error.exit : exit }
  }
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error)
  return { text: `${text}\n`, exit: exitCode.failed }
}

function isKnown(error: Error): error is Error & { code: string } {
  const code = 'code' in error ? String(error.code) : ''
  return code.startsWith('ERR_') && !faults.includes(error.name)
}

/** What commander says, as one sentence; help and version were printed already. */
function usage(error: CommanderError, command: string | undefined): Failure {
  if (error.exitCode === 0) return { text: '', exit: exitCode.ok }
  if (error.code === 'commander.help') return { text: '', exit: exitCode.usage }
  const help = command === undefined ? 'cocoi --help' : `cocoi ${command} --help`
  return { text: `ERR_USAGE: ${wording(error.message)}; see ${help}\n`, exit: exitCode.usage }
}

function wording(message: string): string {
  const text = oneLine(message.replace(/^error: /, ''))
  const [, value, rule] =
    /^(?:option|command-argument) .* argument '(.*)' is invalid\. (.*?)\.?$/.exec(text) ?? []
  if (rule !== undefined) return `${rule}, not "${value}"`
  return text.replace(/\s*\(Did you mean (.*)\?\)$/, ', did you mean $1?').replace(/\.$/, '')
}

function oneLine(text: string): string {
  return text.replace(/\s*\n\s*/g, ' ').trim()
}
