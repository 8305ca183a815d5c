import { Command, CommanderError } from 'commander'
import { addDaemons } from './commands/daemons.ts'
import { addDemo } from './commands/demo.ts'
import { addInfer } from './commands/infer.ts'
import { addInit } from './commands/init.ts'
import { addModels } from './commands/models.ts'
import { addPlan } from './commands/plan.ts'
import { addRun } from './commands/run.ts'
import { addUsers } from './commands/users.ts'
import { CliError, exitCode } from './exit-code.ts'

const program = new Command('cocoi')
  .description('coded distributed CNN inference on Raspberry Pis over MQTT')
  .showHelpAfterError('(cocoi --help shows the commands)')
  .exitOverride()

addDemo(program)
addRun(program)
addPlan(program)
addInfer(program)
addModels(program)
addInit(program)
addUsers(program)
addDaemons(program)

try {
  await program.parseAsync()
} catch (error) {
  process.exitCode = report(error)
}

/** Known failures are a sentence with a code; only a fault of ours shows a stack. */
function report(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? exitCode.ok : exitCode.usage
  if (error instanceof Error && 'code' in error && String(error.code).startsWith('ERR_')) {
    process.stderr.write(`${String(error.code)}: ${error.message}\n`)
    return error instanceof CliError ? error.exit : exitCode.usage
  }
  process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`)
  return exitCode.failed
}
