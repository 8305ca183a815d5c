import type { Command } from 'commander'
import { bareProgram } from './bare-program.ts'
import { addConfig } from './commands/config.ts'
import { addDaemons } from './commands/daemons.ts'
import { addDemo } from './commands/demo.ts'
import { addDoctor } from './commands/doctor.ts'
import { addFleet } from './commands/fleet.ts'
import { addInfer } from './commands/infer.ts'
import { addInit } from './commands/init.ts'
import { addModels } from './commands/models.ts'
import { addPlan } from './commands/plan.ts'
import { addRun } from './commands/run.ts'
import { addSimulate } from './commands/simulate.ts'
import { addTestbed } from './commands/testbed.ts'
import { addUsers } from './commands/users.ts'

/** The command line; it throws a CommanderError where commander would end the process. */
export function createProgram(): Command {
  const program = bareProgram()
  addDemo(program)
  addRun(program)
  addPlan(program)
  addSimulate(program)
  addTestbed(program)
  addInfer(program)
  addModels(program)
  addInit(program)
  addConfig(program)
  addDoctor(program)
  addUsers(program)
  addFleet(program)
  addDaemons(program)
  return program
}
