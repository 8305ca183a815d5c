import { type FileHandle, open, rename, rm, stat } from 'node:fs/promises'

/**
 * Replaces a file that only its owner may read, in one step: a reader sees the old text or the new one.
 * The owner stays the same, so that root can change a file of the service user.
 */
export async function replaceSecretFile(path: string, text: string): Promise<void> {
  const next = `${path}.new`
  await rm(next, { force: true })
  const file = await open(next, 'wx', 0o600)
  try {
    await file.writeFile(text)
    await keepOwner(file, path)
    await file.sync()
  } finally {
    await file.close()
  }
  await rename(next, path)
}

async function keepOwner(file: FileHandle, path: string): Promise<void> {
  if (process.getuid?.() !== 0) return
  try {
    const { uid, gid } = await stat(path)
    await file.chown(uid, gid)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
  }
}
