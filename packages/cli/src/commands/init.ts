import { relative } from 'node:path'
import { coordinatorSchema, loadConfig, readSecret } from '@cocoi/service'
import type { Command } from 'commander'
import { AccessFolder, DEFAULT_FOLDER } from '../access-folder.ts'
import { type SetupReport, setUpAccess } from '../access-setup.ts'
import { machineNames, mainAddress } from '../machine-names.ts'
import { settingsText } from '../settings-text.ts'

interface InitFlags {
  readonly folder: string
  readonly tls?: boolean
  readonly mtls?: boolean
  readonly host: readonly string[]
  readonly device: readonly string[]
  readonly force?: boolean
}

/** `cocoi init`: users, passwords, a join token, and on request certificates. */
export function addInit(program: Command): void {
  program
    .command('init')
    .summary('make users, secrets and settings for a system on this machine')
    .description(
      'Make users with passwords, a token with which devices join, and settings for broker and ' +
        'coordinator on this machine; what is there already stays as it is.',
    )
    .option('--folder <folder>', 'where to put everything', DEFAULT_FOLDER)
    .option('--tls', 'also make a CA and certificates, and encrypt what leaves this machine')
    .option('--mtls', 'as --tls, and clients over TLS need a certificate instead of a password')
    .option('--host <name>', 'further name or address of this machine for --tls', collect, [])
    .option('--device <name>', 'give this device a secret now instead of a token', collect, [])
    .option('--force', 'make new passwords, token, certificates and settings in place of the old')
    .action(init)
}

function collect(value: string, former: readonly string[]): string[] {
  return [...former, value]
}

async function init(flags: InitFlags): Promise<void> {
  const access = new AccessFolder(flags.folder)
  const { id: coordinator } = loadConfig(coordinatorSchema, { section: 'coordinator' })
  const options = {
    coordinator,
    tls: Boolean(flags.tls || flags.mtls),
    mutualTls: Boolean(flags.mtls),
    hosts: [...machineNames(), ...flags.host],
    devices: flags.device,
    force: Boolean(flags.force),
  }
  const report = await setUpAccess(access, options)
  const lines = [...describe(access, report), ...advise(access, options, report)]
  process.stdout.write(`${lines.join('\n')}\n`)
}

function describe({ folder }: AccessFolder, { made, kept }: SetupReport): string[] {
  const list = (paths: readonly string[]) => paths.map(path => `  ${relative(folder, path)}`)
  return [
    ...(made.length > 0 ? [`made in ${folder}:`, ...list(made)] : []),
    ...(kept.length > 0
      ? [`left as they were in ${folder} (--force makes new ones):`, ...list(kept)]
      : []),
  ]
}

function advise(
  access: AccessFolder,
  options: Parameters<typeof settingsText>[1] & { readonly mutualTls: boolean },
  { kept }: SetupReport,
): string[] {
  const settings = settingsText(access, options)
  return [
    ...(kept.includes(access.settings)
      ? ['', `${access.settings} was there; broker and coordinator need in it:`, settings.trimEnd()]
      : []),
    '',
    'On this machine:',
    `  export NODE_CONFIG_DIR=${access.folder}`,
    '  cocoi broker',
    '  cocoi coordinator',
    '',
    ...(options.mutualTls ? deviceWithCertificate(access) : deviceWithToken(access, options.tls)),
    '',
    'A camera or program sends requests as the user sensor, whose password is in',
    `  ${access.secretOf('sensor')}`,
    'More users: cocoi users add NAME --role sensor',
    ...(options.tls ? [] : ['Passwords and pictures travel unencrypted; --tls changes that.']),
  ]
}

function deviceWithToken(access: AccessFolder, tls: boolean): string[] {
  const url = tls ? `mqtts://${mainAddress()}:8883` : `mqtt://${mainAddress()}:1883`
  const ca = tls ? ' --ca-file ca.crt' : ''
  return [
    'On each device, put this line into a file join-token (umask 077 first):',
    readSecret(access.joinToken),
    ...(tls ? [`copy ${access.ca.cert} to it, which is no secret,`] : []),
    'and run',
    `  cocoi device --broker ${url}${ca} --join-token-file join-token`,
    ...(tls ? ['--broker auto finds it where multicast gets through.'] : []),
  ]
}

function deviceWithCertificate(access: AccessFolder): string[] {
  const { cert, key } = access.clientOf('NAME')
  return [
    'For each device, here:',
    '  cocoi users add NAME --role device',
    `copy ${access.ca.cert}, ${cert} and ${key} to it, and run there`,
    `  cocoi device --id NAME --broker mqtts://${mainAddress()}:8883 --ca-file ca.crt ` +
      '--cert-file NAME.crt --key-file NAME.key',
  ]
}
