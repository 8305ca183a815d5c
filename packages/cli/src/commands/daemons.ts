import type { SectionFlags, SectionName } from '@cocoi/service'
import type { Command } from 'commander'

interface BrokerFlags {
  readonly host?: string
  readonly port?: string
  readonly announce?: boolean
  readonly logLevel?: string
  readonly printConfig?: boolean
}

interface CoordinatorFlags {
  readonly broker?: string
  readonly id?: string
  readonly models?: string
  readonly state?: string
  readonly scheme?: string
  readonly logLevel?: string
  readonly printConfig?: boolean
}

interface DeviceFlags {
  readonly broker?: string
  readonly id?: string
  readonly state?: string
  readonly threads?: string
  readonly joinTokenFile?: string
  readonly caFile?: string
  readonly certFile?: string
  readonly keyFile?: string
  readonly logLevel?: string
  readonly printConfig?: boolean
}

/** Whether this is the verb of a daemon. */
export function isDaemon(verb: string | undefined): boolean {
  return verb === 'broker' || verb === 'coordinator' || verb === 'device'
}

const configured =
  'Settings come from the files of config/, overridden by the environment (COCOI_…), overridden by these flags; see config/README.md.'

const printConfigOption = [
  '--print-config',
  'print the settings it would run with and where they come from, and end',
] as const

/**
 * `cocoi broker`, `cocoi coordinator`, `cocoi device`: the daemons. Each loads only itself: the others
 * bring image decoders and inference engines, 35 MB that a broker keeps for as long as it runs.
 */
export function addDaemons(program: Command): void {
  program
    .command('broker')
    .summary('run the MQTT broker')
    .description(`Run the MQTT broker. ${configured}`)
    .option('--host <address>', 'address to listen on; beyond loopback clients must log in')
    .option('--port <number>', 'port to listen on')
    .option('--no-announce', 'do not let devices find it by multicast DNS')
    .option('--log-level <level>', 'error, warn, info or debug')
    .option(...printConfigOption)
    .action(async ({ host, port, announce, logLevel, printConfig }: BrokerFlags) => {
      const silent = announce === false ? 'false' : undefined
      const flags = {
        broker: given({ host, port, announce: silent }),
        log: given({ level: logLevel }),
      }
      if (printConfig) return print(['log', 'mqtt', 'broker'], flags)
      const { runBroker } = await import('@cocoi/broker')
      await runBroker(flags)
    })
  program
    .command('coordinator')
    .summary('run the coordinator')
    .description(`Run the coordinator. ${configured}`)
    .option('--broker <url>', 'URL of the broker, for example mqtt://192.0.2.1, or auto')
    .option('--id <name>', 'name of this coordinator')
    .option('--models <folder>', 'model repository')
    .option('--state <folder>', 'folder of its own state')
    .option('--scheme <scheme>', 'default scheme')
    .option('--log-level <level>', 'error, warn, info or debug')
    .option(...printConfigOption)
    .action(async (all: CoordinatorFlags) => {
      const { broker, id, models, state, scheme, logLevel, printConfig } = all
      const flags = {
        mqtt: given({ url: broker }),
        coordinator: given({ id, models, state, scheme }),
        log: given({ level: logLevel }),
      }
      if (printConfig) return print(['log', 'mqtt', 'coordinator'], flags)
      const { runCoordinator } = await import('@cocoi/coordinator')
      await runCoordinator(flags)
    })
  program
    .command('device')
    .summary('run the device agent')
    .description(`Run the device agent. ${configured}`)
    .option('--broker <url>', 'URL of the broker, for example mqtt://192.0.2.1, or auto')
    .option('--id <name>', 'name of this device; its host name by default')
    .option('--state <folder>', 'folder of its own state')
    .option('--threads <number>', 'threads that compute; by default all cores but one')
    .option('--join-token-file <file>', 'file of the token that lets it join, from cocoi init')
    .option('--ca-file <file>', 'CA of a broker at mqtts://')
    .option('--cert-file <file>', 'certificate of this device, if the broker wants one')
    .option('--key-file <file>', 'key of that certificate')
    .option('--log-level <level>', 'error, warn, info or debug')
    .option(...printConfigOption)
    .action(async (all: DeviceFlags) => {
      const { broker, caFile, certFile, keyFile, logLevel, printConfig, ...device } = all
      const flags = {
        mqtt: given({ url: broker, caFile, certFile, keyFile }),
        device: given({ ...device }),
        log: given({ level: logLevel }),
      }
      if (printConfig) return print(['log', 'mqtt', 'device'], flags)
      const { runDevice } = await import('@cocoi/device-agent')
      await runDevice(flags)
    })
}

async function print(sections: readonly SectionName[], flags: SectionFlags): Promise<void> {
  const { printSettings } = await import('../settings-table.ts')
  printSettings({ sections, flags })
}

/** The flags that were given: one that was not must not hide what a file says. */
function given(flags: Record<string, string | undefined>): Record<string, string> {
  const entries = Object.entries(flags).filter(
    (entry): entry is [string, string] => entry[1] !== undefined,
  )
  return Object.fromEntries(entries)
}
