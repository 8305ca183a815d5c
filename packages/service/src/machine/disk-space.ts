import { statfs } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'

/**
 * Space for files of this user on the file system that holds, or would hold, the folder; undefined
 * where the system does not tell.
 */
export async function readDiskSpace(
  folder: string,
): Promise<{ freeBytes: number; totalBytes: number } | undefined> {
  const path = resolve(folder)
  try {
    const { bavail, blocks, bsize } = await statfs(path)
    return { freeBytes: bavail * bsize, totalBytes: blocks * bsize }
  } catch (error) {
    const isMissing = (error as NodeJS.ErrnoException).code === 'ENOENT'
    return isMissing && dirname(path) !== path ? await readDiskSpace(dirname(path)) : undefined
  }
}
