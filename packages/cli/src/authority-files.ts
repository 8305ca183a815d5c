import { chmod, readFile } from 'node:fs/promises'
import { readSecret } from '@cocoi/service'
import { type AccessFolder, type CertificateFiles, writeSecret } from './access-folder.ts'
import type { Issued } from './certificates.ts'

/** Makes the CA of an installation. */
export async function createAuthority(access: AccessFolder): Promise<void> {
  const { Authority } = await certificates()
  const { files } = await Authority.create()
  await writeCertificate(access.ca, files)
}

/** Makes the broker's certificate. */
export async function issueServer(access: AccessFolder, hosts: readonly string[]): Promise<void> {
  await writeCertificate(access.server, await (await openAuthority(access)).issueServer(hosts))
}

/** Makes the certificate of a user. */
export async function issueClient(access: AccessFolder, name: string): Promise<void> {
  await writeCertificate(
    access.clientOf(name),
    await (await openAuthority(access)).issueClient(name),
  )
}

async function openAuthority({ ca }: AccessFolder) {
  const { Authority } = await certificates()
  return Authority.open({ cert: await readFile(ca.cert, 'utf8'), key: readSecret(ca.key) })
}

/** Loaded when it is needed: it takes as long as all other commands together. */
function certificates() {
  return import('./certificates.ts')
}

async function writeCertificate(files: CertificateFiles, { cert, key }: Issued): Promise<void> {
  await writeSecret(files.key, key)
  await writeSecret(files.cert, cert)
  // Shown to everybody who connects.
  await chmod(files.cert, 0o644)
}
