import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'

/** Hidden, so that it is no model where the parent is a repository. */
const prefix = '.unfinished-'

/**
 * Runs an action with a new folder inside `parent`, which is removed afterwards. Folders of
 * processes that were killed meanwhile are removed first.
 */
export async function withScratchFolder<T>(
  parent: string,
  action: (folder: string) => Promise<T>,
): Promise<T> {
  await mkdir(parent, { recursive: true })
  await removeAbandoned(parent)
  const folder = await mkdtemp(join(parent, `${prefix}${process.pid}-`))
  try {
    return await action(folder)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

async function removeAbandoned(parent: string): Promise<void> {
  for (const name of await readdir(parent)) {
    const owner = Number(/^\.unfinished-(\d+)-/.exec(name)?.[1] ?? process.pid)
    if (!isAlive(owner)) await rm(join(parent, name), { recursive: true, force: true })
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
