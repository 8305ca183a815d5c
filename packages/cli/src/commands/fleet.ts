import { randomBytes } from 'node:crypto'
import { loadConfig, mqttSchema, readSecret } from '@cocoi/service'
import type { Command } from 'commander'
import { CliError } from '../errors.ts'
import { FleetWatch } from '../fleet/fleet-watch.ts'
import {
  type InstallOptions,
  type Introduction,
  inspect,
  installDevice,
} from '../fleet/install-device.ts'
import { RemoteHost } from '../fleet/remote-host.ts'
import { wholeNumber } from '../option-values.ts'
import { createProgress, type Progress } from '../progress.ts'

interface InstallFlags {
  readonly release: string
  readonly broker?: string
  readonly caFile?: string
  readonly tokenFile?: string
  readonly user?: string
  readonly passwordFile?: string
  readonly ssh: string
  readonly wait: number
  readonly force?: boolean
}

/** `cocoi fleet install HOST…`: the device agent on many Pis, over ssh, one after the other. */
export function addFleet(program: Command): void {
  const fleet = program.command('fleet').description('look after many Pis from one place')
  fleet
    .command('install')
    .summary('install or upgrade the device agent on many Pis over ssh')
    .description(
      'Install or upgrade the device agent on many Pis over ssh, one after the other; a device is ' +
        'taken out only while the coordinator can spare one. What fails ends it; the Pis that are left stay as they are.',
    )
    .argument('<host...>', 'as ssh knows them: pi2.local, or user@pi2.local')
    .option('--release <path>', "a tarball, or the folder of 'npm run package'", 'dist/release')
    .option('--broker <url>', 'URL of the broker, which new devices are told too')
    .option('--ca-file <file>', 'CA certificate of a broker at mqtts://')
    .option('--token-file <file>', 'file with the join token, for new devices')
    .option('--user <name>', 'log in to the broker as this user, to watch the fleet')
    .option('--password-file <file>', 'file with the password of that user')
    .option('--ssh <command>', "how to reach them, such as 'ssh -p 2222'", 'ssh')
    .option(
      '--wait <s>',
      'seconds the fleet may take until a device can be spared, and until it is back',
      wholeNumber('--wait', 1, 86_400),
      60,
    )
    .option('--force', 'also take out a device that cannot be spared')
    .action(install)
}

async function install(names: string[], flags: InstallFlags): Promise<void> {
  const { broker, caFile, user, passwordFile, ssh, wait, force } = flags
  const access = { url: broker, caFile, username: user, passwordFile }
  const mqtt = loadConfig(mqttSchema, { section: 'mqtt', flags: access })
  const introduction = introductionOf(flags)
  const id = user ?? `cocoi-fleet-${randomBytes(4).toString('hex')}`
  const progress = createProgress()
  const watch = force ? undefined : await FleetWatch.open(mqtt, id, 1000 * wait)
  try {
    for (const name of names) {
      const options = { release: flags.release, introduction, onProgress: progress.detail }
      await installOne(new RemoteHost(name, ssh), { watch, progress, options })
    }
  } catch (error) {
    progress.fail()
    throw error
  } finally {
    await watch?.close()
  }
}

async function installOne(
  host: RemoteHost,
  tools: { watch: FleetWatch | undefined; progress: Progress; options: InstallOptions },
): Promise<void> {
  const { watch, progress, options } = tools
  progress.step(`${host.name}: looking`)
  const facts = await inspect(host)
  if (facts.isDevice) await watch?.untilOneIsSpare(host.name)
  const before = watch?.counts?.online ?? 0
  progress.step(`${host.name}: ${facts.isDevice ? 'upgrading' : 'installing'}`)
  await installDevice(host, facts, options)
  await watch?.untilOnline(facts.isDevice ? before : before + 1, host.name)
  progress.print(`${host.name}: healthy`)
}

function introductionOf({ broker, caFile, tokenFile }: InstallFlags): Introduction | undefined {
  if (tokenFile === undefined) return undefined
  if (broker === undefined) {
    throw new CliError('ERR_USAGE', '--token-file goes with --broker: new devices are told both')
  }
  return { broker, caFile, token: `${readSecret(tokenFile)}\n` }
}
