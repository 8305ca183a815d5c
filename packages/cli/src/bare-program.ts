import { version } from '@cocoi/service'
import { Command } from 'commander'

/** A command line without commands yet. */
export function bareProgram(): Command {
  return (
    new Command('cocoi')
      .description('coded distributed CNN inference on Raspberry Pis over MQTT')
      .version(version, '-V, --version', 'print the version')
      .helpOption('-h, --help', 'print this help')
      // Whoever runs the program words the errors.
      .configureOutput({ outputError: () => {} })
      .exitOverride()
  )
}
