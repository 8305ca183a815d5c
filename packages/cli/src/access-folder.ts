import { existsSync } from 'node:fs'
import { chown, mkdir, stat } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { replaceSecretFile } from '@cocoi/broker'
import { brokerSchema, loadConfig } from '@cocoi/service'
import { CliError } from './errors.ts'

/** Where `cocoi init` puts everything by default: not `./config`, which every program here would read. */
export const DEFAULT_FOLDER = join('.cocoi', 'config')

/** The folder that says who may do what: settings, users, secrets and certificates. */
export class AccessFolder {
  readonly folder: string

  constructor(folder: string) {
    this.folder = resolve(folder)
  }

  /** The one named, else that of the users file in the settings, else the default. */
  static find(folder: string | undefined): AccessFolder {
    if (folder !== undefined) return new AccessFolder(folder)
    const { usersFile } = loadConfig(brokerSchema, { section: 'broker' })
    return new AccessFolder(usersFile === '' ? DEFAULT_FOLDER : dirname(usersFile))
  }

  get settings(): string {
    return join(this.folder, 'local.json5')
  }

  get users(): string {
    return join(this.folder, 'users')
  }

  get joinToken(): string {
    return join(this.folder, 'join-token')
  }

  get ca(): CertificateFiles {
    return certificateFiles(join(this.folder, 'tls', 'ca'))
  }

  get server(): CertificateFiles {
    return certificateFiles(join(this.folder, 'tls', 'server'))
  }

  get hasAuthority(): boolean {
    return existsSync(this.ca.key)
  }

  /** The password of a user that was made here. */
  secretOf(name: string): string {
    return join(this.folder, 'secrets', name)
  }

  clientOf(name: string): CertificateFiles {
    return certificateFiles(join(this.folder, 'tls', 'clients', name))
  }

  /** @throws {CliError} ERR_NOT_INITIALISED */
  requireUsers(): void {
    if (existsSync(this.users)) return
    throw new CliError('ERR_NOT_INITIALISED', `${this.users} does not exist: run cocoi init first`)
  }
}

/** PEM files of a certificate and its key. */
export interface CertificateFiles {
  readonly cert: string
  readonly key: string
}

/** Writes a file that only its owner may read, and the folder it stands in if there is none. */
export async function writeSecret(path: string, text: string): Promise<void> {
  await makeFolder(dirname(path))
  await replaceSecretFile(path, text.endsWith('\n') ? text : `${text}\n`)
}

function certificateFiles(stem: string): CertificateFiles {
  return { cert: `${stem}.crt`, key: `${stem}.key` }
}

/** Closed to others; belongs to whom the folder above belongs to, also when root makes it. */
async function makeFolder(path: string): Promise<void> {
  if (existsSync(path)) return
  await makeFolder(dirname(path))
  await mkdir(path, { mode: 0o700 })
  if (process.getuid?.() !== 0) return
  const { uid, gid } = await stat(dirname(path))
  await chown(path, uid, gid)
}
