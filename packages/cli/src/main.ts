import { endBy, isEnding } from './at-exit.ts'
import { explainFailure } from './explain-failure.ts'
import { createProgram } from './program.ts'

// A reader that has seen enough, such as `head`, is no fault.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') void endBy('SIGPIPE')
    else throw error
  })
}

const program = createProgram()
try {
  await program.parseAsync()
} catch (error) {
  if (!isEnding()) report(error)
}

function report(error: unknown): void {
  const verb = program.commands.find(command => command.name() === process.argv[2])
  const { text, exit } = explainFailure(error, verb?.name())
  process.stderr.write(text)
  process.exitCode = exit
}
