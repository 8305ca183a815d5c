import { version } from '@cocoi/service'
import { Command } from 'commander'
import { addDaemons } from './commands/daemons.ts'
import { addDemo } from './commands/demo.ts'
import { addInfer } from './commands/infer.ts'
import { addInit } from './commands/init.ts'
import { addModels } from './commands/models.ts'
import { addPlan } from './commands/plan.ts'
import { addRun } from './commands/run.ts'
import { addUsers } from './commands/users.ts'

/** The command line; it throws a CommanderError where commander would end the process. */
export function createProgram(): Command {
  const program = new Command('cocoi')
    .description('coded distributed CNN inference on Raspberry Pis over MQTT')
    .version(version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    // Whoever runs the program words the errors.
    .configureOutput({ outputError: () => {} })
    .exitOverride()
  addDemo(program)
  addRun(program)
  addPlan(program)
  addInfer(program)
  addModels(program)
  addInit(program)
  addUsers(program)
  addDaemons(program)
  return program
}
