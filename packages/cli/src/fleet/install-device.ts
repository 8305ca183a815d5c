import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { basename } from 'node:path'
import { PassThrough, Readable } from 'node:stream'
import { CliError } from '../errors.ts'
import { bytes } from '../tables.ts'
import { releaseFor } from './release-files.ts'
import { quoted, type RemoteHost } from './remote-host.ts'

/** What a host that is new needs to know. */
export interface Introduction {
  readonly broker: string
  readonly caFile: string | undefined
  /** The join token itself; it goes over stdin, where no list of processes shows it. */
  readonly token: string
}

export interface InstallOptions {
  /** A tarball, or the folder that holds some. */
  readonly release: string
  /** Without it only hosts can be installed that have the agent already. */
  readonly introduction: Introduction | undefined
  readonly onProgress: (text: string) => void
}

/** What is on the host before. */
export interface HostFacts {
  /** As `uname -m` says. */
  readonly machine: string
  /** Whether it has an agent that somebody may rely on. */
  readonly isDevice: boolean
}

/** @throws {CliError} ERR_HOST */
export async function inspect(host: RemoteHost): Promise<HostFacts> {
  const script = 'uname -m; systemctl is-active --quiet cocoi-device && echo device || :'
  const [machine = '', device] = (await host.run(script)).trim().split('\n')
  return { machine, isDevice: device === 'device' }
}

/**
 * Installs the device agent of the release, or upgrades it; resolves when it is healthy. What fails
 * there leaves the agent of before at work.
 *
 * @throws {CliError} ERR_HOST, ERR_NO_INPUT, ERR_USAGE
 */
export async function installDevice(
  host: RemoteHost,
  { machine, isDevice }: HostFacts,
  options: InstallOptions,
): Promise<void> {
  const { release, introduction, onProgress } = options
  if (!introduction && !isDevice) {
    const message = `${host.name} is no device yet: say --broker URL and --token-file FILE`
    throw new CliError('ERR_USAGE', message)
  }
  const tarball = await releaseFor(machine, release)
  const folder = (await host.run('mktemp -d /tmp/cocoi-install.XXXXXX')).trim()
  try {
    await unpack(host, { tarball, folder, onProgress })
    const stdin = Readable.from([introduction?.token ?? ''])
    const command = await commandFor(host, folder, introduction)
    await host.run(command, { stdin, onLine: onProgress })
  } finally {
    await host.run(`rm -rf ${quoted(folder)}`).catch(() => undefined) // it may be gone
  }
}

async function unpack(
  host: RemoteHost,
  wish: { tarball: string; folder: string; onProgress: (text: string) => void },
): Promise<void> {
  const { tarball, folder, onProgress } = wish
  const { size } = await stat(tarball)
  let sent = 0
  const counter = new PassThrough().on('data', (chunk: Buffer) => {
    sent += chunk.length
    onProgress(`${basename(tarball)}: ${bytes(sent)} of ${bytes(size)}`)
  })
  const file = createReadStream(tarball)
  file.on('error', error => counter.destroy(error))
  const script = `tar -xz --strip-components=1 -C ${quoted(folder)}`
  await host.run(script, { stdin: file.pipe(counter) })
}

async function commandFor(
  host: RemoteHost,
  folder: string,
  introduction: Introduction | undefined,
): Promise<string> {
  const installer = quoted(`${folder}/systemd/install.sh`)
  // Nobody could type a password.
  const asRoot = 'as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo -n "$@"; fi; }'
  if (!introduction) return `${asRoot}; as_root ${installer} --upgrade`
  const { broker, caFile } = introduction
  const words = ['device', '--broker', broker, '--token-file', '-']
  if (caFile) {
    const copy = `${folder}/ca.crt`
    await host.run(`cat > ${quoted(copy)}`, { stdin: createReadStream(caFile) })
    words.push('--ca-file', copy)
  }
  return `${asRoot}; as_root ${installer} ${words.map(quoted).join(' ')}`
}
