import type { Role } from '@cocoi/protocol'
import { type Command, Option } from 'commander'
import { colours } from '../colours.ts'
import { ROLES } from '../doctor/check-access.ts'
import { type Examination, examine } from '../doctor/examine.ts'
import type { Finding, Severity } from '../doctor/finding.ts'
import { exitCode } from '../exit-code.ts'
import { createProgress } from '../progress.ts'
import { counted, table } from '../tables.ts'

interface DoctorFlags {
  readonly broker?: string
  readonly user?: string
  readonly passwordFile?: string
  readonly caFile?: string
  readonly role?: Role
  readonly json?: boolean
}

/** `cocoi doctor`: what is wrong here, and what to do. */
export function addDoctor(program: Command): void {
  program
    .command('doctor')
    .summary('look for what is wrong on this machine, with the broker and in the fleet')
    .description(
      'Look at this machine, the way to the broker, the rights there, and everybody who says ' +
        'something; nothing is changed. On a Pi run it with sudo, so that it can log in as the ' +
        'device does. Up to 34 MB travel to the broker, and as much back.',
    )
    .option('--broker <url>', 'URL of the broker; by default the one in the configuration')
    .option('--user <name>', 'log in as this user instead of as the agent here')
    .option('--password-file <file>', 'file with the password of that user')
    .option('--ca-file <file>', 'CA of a broker at mqtts://')
    .addOption(new Option('--role <role>', 'what that user is to be').choices(ROLES))
    .option('--json', 'as JSON')
    .addHelpText(
      'after',
      '\nExit code: 0 if all works (there may be warnings), 1 if something does not, 2 for wrong flags.',
    )
    .action(doctor)
}

async function doctor({ broker, user, role, json, ...files }: DoctorFlags): Promise<void> {
  const { passwordFile, caFile } = files
  const progress = createProgress()
  try {
    const mqtt = { url: broker, username: user, passwordFile, caFile }
    const onStep = (what: string) => progress.step(`looking at ${what}`)
    const examination = await examine({ mqtt, role, onStep })
    progress.done()
    const text = json ? JSON.stringify(examination, undefined, 2) : describe(examination)
    progress.print(text)
    process.exitCode = examination.ok ? exitCode.ok : exitCode.failed
  } catch (error) {
    progress.fail()
    throw error
  }
}

const MARKS: Readonly<Record<Severity, string>> = {
  ok: colours.green('✔'),
  warning: colours.yellow('!'),
  failure: colours.red('✘'),
  unknown: colours.dim('?'),
}

function describe({ findings }: Examination): string {
  const rows = findings.flatMap(rowsOf)
  const count = (severity: Severity) => findings.filter(one => one.severity === severity).length
  const [failures, warnings] = [count('failure'), count('warning')]
  const summary =
    failures + warnings === 0
      ? colours.green('nothing is wrong')
      : `${counted(failures, 'failure')}, ${counted(warnings, 'warning')}`
  return `${table(['', 'looked at', 'found'], rows, ['left', 'left', 'left'])}\n\n${summary}`
}

function rowsOf({ check, severity, message, fix }: Finding): string[][] {
  const rows = [[MARKS[severity], check, message]]
  return fix === undefined ? rows : [...rows, ['', '', `→ ${fix}`]]
}
