import type {
  DeviceState,
  MembershipEffect,
  MembershipEvent,
  MembershipOptions,
  MembershipSnapshot,
} from './membership-messages.ts'
import { ObserverLag } from './observer-lag.ts'
import { lostAfterMs, nextJitterMs, suspectAfterMs } from './suspicion.ts'

/** What is known of a device in its session. */
interface Device {
  readonly session: number
  state: DeviceState
  /** The latest heartbeat. */
  beat: { readonly seq: number; readonly at: number } | undefined
  /** The latest sign of life. */
  heardAt: number
  jitterMs: number
}

const DEFAULT_MAX_DEVICES = 1000

/**
 * Which devices are there, from their status messages, their heartbeats and the silence between.
 *
 * A device is suspected when its silence exceeds
 *
 *     S = 2.5·H + 4·J + 2·L
 *
 * and lost when it exceeds 10·H + 4·J + 2·L, where H is `heartbeatMs` and
 *
 * - J is the device's jitter, the smoothed deviation of its heartbeats from their due time, at most
 *   H (after RFC 6298, where 4·RTTVAR plays this part): an unsteady link is given more time
 * - L is the observer's own lag, the worst that was reported or noticed, halved every H that
 *   passes: who was late himself has not listened (Lifeguard, arXiv:1707.00788, §IV.A)
 *
 * Sessions grow with every connect. What an older session says is ignored; a newer one ends the
 * older. The first heartbeat of a session may be a copy the broker retained: only a greater `seq`
 * is a sign of life.
 *
 *     away ─ online ─▶ alive ─ silence ─▶ suspect ─ silence ─▶ silent
 *     suspect, silent ─ heartbeat ─▶ alive
 *     any but gone ─ starting, draining ─▶ away        any ─ stopped, offline ─▶ gone
 *
 * Invariants: `joined` and `lost` alternate for every device, `suspected` and `recovered` lie
 * between them; `gone` ends a session, whatever it says later.
 */
export class Membership {
  readonly #heartbeatMs: number
  readonly #maxDevices: number
  readonly #lag: ObserverLag
  readonly #devices = new Map<string, Device>()
  #now = Number.NEGATIVE_INFINITY

  constructor({ heartbeatMs, maxDevices = DEFAULT_MAX_DEVICES }: MembershipOptions) {
    this.#heartbeatMs = heartbeatMs
    this.#maxDevices = maxDevices
    this.#lag = new ObserverLag(heartbeatMs)
  }

  step(event: MembershipEvent, now: number): MembershipEffect[] {
    this.#lag.note(now - (this.deadline ?? now), now)
    this.#now = now
    return [...this.#take(event), ...this.#listenForSilence()]
  }

  /** When the next device becomes suspect or lost, if it stays silent. */
  get deadline(): number | undefined {
    const due = [...this.#devices.values()].map(device => this.#silenceEndsAt(device))
    const earliest = Math.min(...due)
    return Number.isFinite(earliest) ? earliest : undefined
  }

  snapshot(): MembershipSnapshot {
    const devices = [...this.#devices].map(([name, { session, state, heardAt, jitterMs }]) => [
      name,
      Object.freeze({ session, state, heardAt, jitterMs }),
    ])
    return Object.freeze({ devices: Object.fromEntries(devices), lagMs: this.#lag.at(this.#now) })
  }

  #take(event: MembershipEvent): MembershipEffect[] {
    switch (event.type) {
      case 'status':
        return this.#takeStatus(event)
      case 'heartbeat':
        return this.#takeHeartbeat(event)
      case 'lag':
        this.#lag.note(event.lagMs, this.#now)
        return []
      case 'tick':
        return []
    }
  }

  #takeStatus({ device, session, state }: MembershipEvent & { type: 'status' }) {
    const known = this.#session(device, session)
    if (!known) return []
    const { entry, effects } = known
    if (state === 'online') return [...effects, ...this.#welcome(device, entry)]
    return [...effects, ...this.#dismiss(device, entry, state)]
  }

  #takeHeartbeat({ device, session, seq }: MembershipEvent & { type: 'heartbeat' }) {
    const known = this.#session(device, session)
    if (!known) return []
    const { entry, effects } = known
    const previous = entry.beat
    if (previous && seq <= previous.seq) return effects
    entry.beat = { seq, at: this.#now }
    if (!previous) return effects
    const dueAt = previous.at + (seq - previous.seq) * this.#heartbeatMs
    entry.jitterMs = nextJitterMs(entry.jitterMs, Math.abs(this.#now - dueAt), this.#heartbeatMs)
    return [...effects, ...this.#hear(device, entry)]
  }

  /** The device's entry in this session; undefined if the session has passed. */
  #session(device: string, session: number) {
    const known = this.#devices.get(device)
    if (known && session < known.session) return undefined
    if (known?.session === session) return { entry: known, effects: [] }
    if (!known && !this.#makeRoom()) return undefined
    const effects = known ? this.#dismiss(device, known, 'a newer session') : []
    const entry: Device = {
      ...{ session, state: 'away', beat: undefined },
      ...{ heardAt: this.#now, jitterMs: this.#heartbeatMs / 4 },
    }
    this.#devices.set(device, entry)
    return { entry, effects }
  }

  /** The device says that it is there. In its own session that is news only if it was away. */
  #welcome(device: string, entry: Device): MembershipEffect[] {
    if (entry.state !== 'away') return []
    Object.assign(entry, { state: 'alive', heardAt: this.#now })
    return [{ type: 'joined', device, session: entry.session }]
  }

  #dismiss(device: string, entry: Device, reason: string): MembershipEffect[] {
    const wasThere = isPresent(entry)
    if (entry.state !== 'gone') entry.state = isFinal(reason) ? 'gone' : 'away'
    return wasThere ? [{ type: 'lost', device, reason }] : []
  }

  /** Takes a sign of life. */
  #hear(device: string, entry: Device): MembershipEffect[] {
    const { state } = entry
    entry.heardAt = this.#now
    if (state !== 'suspect' && state !== 'silent') return []
    entry.state = 'alive'
    if (state === 'suspect') return [{ type: 'recovered', device }]
    return [{ type: 'joined', device, session: entry.session }]
  }

  #listenForSilence(): MembershipEffect[] {
    return [...this.#devices].flatMap(([device, entry]) => this.#accuse(device, entry))
  }

  #accuse(device: string, entry: Device): MembershipEffect[] {
    const effects: MembershipEffect[] = []
    if (entry.state === 'alive' && this.#now >= this.#silenceEndsAt(entry)) {
      entry.state = 'suspect'
      effects.push({ type: 'suspected', device })
    }
    if (entry.state === 'suspect' && this.#now >= this.#silenceEndsAt(entry)) {
      entry.state = 'silent'
      effects.push({ type: 'lost', device, reason: `silent for ${this.#silenceMs(entry)} ms` })
    }
    return effects
  }

  #silenceMs({ heardAt }: Device): number {
    return Math.round(this.#now - heardAt)
  }

  #silenceEndsAt({ state, heardAt, jitterMs }: Device): number {
    if (state !== 'alive' && state !== 'suspect') return Number.POSITIVE_INFINITY
    const after = state === 'alive' ? suspectAfterMs : lostAfterMs
    const lagMs = this.#lag.at(this.#now)
    return heardAt + after({ heartbeatMs: this.#heartbeatMs, jitterMs, lagMs })
  }

  /** Forgets one that is not there for one that is new; false if all are there. */
  #makeRoom(): boolean {
    if (this.#devices.size < this.#maxDevices) return true
    for (const [name, entry] of this.#devices) {
      if (!isPresent(entry)) return this.#devices.delete(name)
    }
    return false
  }
}

function isPresent({ state }: Device): boolean {
  return state === 'alive' || state === 'suspect'
}

function isFinal(reason: string): boolean {
  return reason === 'stopped' || reason === 'offline'
}
