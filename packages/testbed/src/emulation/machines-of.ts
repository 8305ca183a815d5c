import type { Machines } from '../cluster-options.ts'
import type { Machine, Part, Site } from './site.ts'

/** The machine that broker and coordinator are on; a device is on the one of its own name. */
const head = 'coordinator'

/** A site's machines for the daemons of a cluster. */
export function machinesOf(site: Site): Machines {
  const doors = new Map<number, Promise<number>>()
  const door = (port: number) => {
    const open = doors.get(port) ?? site.door(head, port)
    doors.set(port, open)
    return open
  }
  return {
    command(daemon, command) {
      const { machine, part } = placeOf(site, daemon)
      return machine.command(part, command)
    },
    async brokerUrl(seenBy, port) {
      if (seenBy === undefined) return `mqtt://127.0.0.1:${await door(port)}`
      if (seenBy === head) return `mqtt://127.0.0.1:${port}`
      return `mqtt://${site.machine(head).host.address}:${port}`
    },
  }
}

function placeOf(site: Site, daemon: string): { machine: Machine; part: Part } {
  if (daemon === 'broker') return { machine: site.machine(head), part: 'broker' }
  return { machine: site.machine(daemon), part: 'js' }
}
