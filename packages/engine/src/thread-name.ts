import { writeFileSync } from 'node:fs'

/**
 * Names the thread this runs in, and those it starts from now on, as debuggers and `ps -T` show it: 15
 * characters, and only on Linux. Node.js names threads itself since version 24.
 */
export function nameThread(name: string): void {
  try {
    writeFileSync('/proc/thread-self/comm', name.slice(0, 15))
  } catch {} // A thread without a name works as well.
}
