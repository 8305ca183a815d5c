import { Membership } from '@cocoi/scheduler'
import type { Agenda } from './agenda.ts'

/** A change that the stages under way have to know. */
export type Change = 'device-lost' | 'device-suspect' | 'device-available'

interface Member {
  readonly name: string
  session: number
  seq: number
  isBeating: boolean
}

/**
 * Who is there, as the coordinator sees it: the real `Membership`, fed with statuses, wills and
 * heartbeats. Where nobody ever fails heartbeats say nothing, and none are simulated.
 */
export class Roster {
  readonly #agenda: Agenda
  readonly #heartbeatMs: number
  readonly #membership: Membership
  readonly #members: ReadonlyMap<string, Member>
  readonly #available = new Set<string>()
  readonly #onChange: (change: Change, device: string) => void

  constructor(
    names: readonly string[],
    options: {
      agenda: Agenda
      heartbeatMs: number
      isWatched: boolean
      onChange: (change: Change, device: string) => void
    },
  ) {
    const { agenda, heartbeatMs, isWatched, onChange } = options
    this.#agenda = agenda
    this.#heartbeatMs = heartbeatMs
    this.#onChange = onChange
    this.#membership = new Membership({ heartbeatMs, maxDevices: Math.max(1000, names.length) })
    const members = names.map(name => ({ name, session: 1, seq: 0, isBeating: true }))
    this.#members = new Map(members.map(member => [member.name, member]))
    for (const member of members) this.#online(member)
    if (isWatched) for (const [i, member] of members.entries()) this.#beat(member, i / names.length)
  }

  /** Devices that may be asked, in the order of the fleet. */
  available(): string[] {
    return [...this.#members.keys()].filter(name => this.#available.has(name))
  }

  /** The broker publishes a device's will. */
  will(name: string): void {
    const { session } = this.#members.get(name)!
    this.#step({ type: 'status', device: name, session, state: 'offline' })
  }

  silence(name: string): void {
    this.#members.get(name)!.isBeating = false
  }

  /** A device is back: in a new session after a crash, in its old one after it hung. */
  revive(name: string, isNewSession: boolean): void {
    const member = this.#members.get(name)!
    member.isBeating = true
    if (!isNewSession) return this.#heartbeat(member)
    member.session += 1
    this.#online(member)
  }

  #online({ name, session }: Member): void {
    this.#step({ type: 'status', device: name, session, state: 'online' })
  }

  /** Heartbeats for ever, from a phase of its own. */
  #beat(member: Member, phase: number): void {
    this.#agenda.in(this.#heartbeatMs * phase, () => {
      if (member.isBeating) this.#heartbeat(member)
      else this.#step({ type: 'tick' })
      this.#beat(member, 1)
    })
  }

  #heartbeat(member: Member): void {
    member.seq += 1
    const { name, session, seq } = member
    this.#step({ type: 'heartbeat', device: name, session, seq })
  }

  #step(event: Parameters<Membership['step']>[0]): void {
    for (const effect of this.#membership.step(event, this.#agenda.now)) {
      const isThere = effect.type === 'joined' || effect.type === 'recovered'
      if (isThere) this.#available.add(effect.device)
      else this.#available.delete(effect.device)
      const bad = effect.type === 'lost' ? 'device-lost' : 'device-suspect'
      this.#onChange(isThere ? 'device-available' : bad, effect.device)
    }
  }
}
