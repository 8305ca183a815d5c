import type { Command } from 'commander'
import { endBy, isEnding } from './at-exit.ts'
import { bareProgram } from './bare-program.ts'
import { addDaemons, isDaemon } from './commands/daemons.ts'
import { explainFailure } from './explain-failure.ts'

// A reader that has seen enough, such as `head`, is no fault.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') void endBy('SIGPIPE')
    else throw error
  })
}

const program = await programFor(process.argv[2])
try {
  await program.parseAsync()
} catch (error) {
  if (!isEnding()) report(error)
}

/**
 * A daemon runs for months, so it does not load what the other commands need; the doctor must run where
 * that cannot be loaded.
 */
async function programFor(verb: string | undefined): Promise<Command> {
  const isDoctor = verb === 'doctor'
  if (!isDaemon(verb) && !isDoctor) return (await import('./program.ts')).createProgram()
  const program = bareProgram()
  if (isDoctor) (await import('./commands/doctor.ts')).addDoctor(program)
  else addDaemons(program)
  return program
}

function report(error: unknown): void {
  const verb = program.commands.find(command => command.name() === process.argv[2])
  const { text, exit } = explainFailure(error, verb?.name())
  process.stderr.write(text)
  process.exitCode = exit
}
