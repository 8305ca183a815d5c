import { SECTION_NAMES, type SectionName } from '@cocoi/service'
import { Argument, type Command } from 'commander'
import { printSettings } from '../settings-table.ts'

/** `cocoi config`: what the daemons would run with here. */
export function addConfig(program: Command): void {
  program
    .command('config')
    .summary('show the settings that apply here, and where each comes from')
    .description(
      'Show the settings that apply here, each with where it comes from: a default, a file, the ' +
        'environment. What a daemon makes of its flags: cocoi device … --print-config. Secrets are ' +
        'files, of which only the path is shown.',
    )
    .addArgument(new Argument('[section]', 'one section only').choices(SECTION_NAMES))
    .option('--json', 'as JSON, an object by key')
    .action((section: SectionName | undefined, { json }: { json?: boolean }) =>
      printSettings({ json, sections: section && [section] }),
    )
}
