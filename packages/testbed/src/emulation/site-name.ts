import { readdirSync } from 'node:fs'

const form = /^cocoi-(\d+)-\d+(?:-|$)/

let count = 0

/** A name for the namespaces and groups of this process, unlike any other at this time. */
export function newSiteName(): string {
  count += 1
  return `cocoi-${process.pid}-${count}`
}

/** Of these names those that a process left behind that is no more. */
export function abandoned(names: readonly string[]): string[] {
  return names.filter(name => {
    const pid = form.exec(name)?.[1]
    return pid !== undefined && !isAlive(Number(pid))
  })
}

/** What is in a folder; nothing if there is none. */
export function entries(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch {
    return []
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
