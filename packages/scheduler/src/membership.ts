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
  /** A lower session that says it is there, and the latest heartbeat of it. */
  rival: { readonly session: number; seq: number | undefined } | undefined
  /** A higher session that this one has outlived; its will may still come. */
  outlived: number | undefined
}

/** What carries a session. */
type SessionEvent = Extract<MembershipEvent, { session: number }>

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
 * An observer that lost its own connection suspects everybody at once: who is still there is heard
 * again as soon as it is back.
 *
 * Sessions grow with every connect. What an older session says is ignored; a newer one ends the
 * older. The first heartbeat of a session may be a copy the broker retained: only a greater `seq`
 * is a sign of life. A device whose clock was set back and whose state was lost comes with a lower
 * session than it had: that one counts when it says `online` after the higher one is lost, or beats
 * while the higher one is silent.
 *
 *     away ─ online ─▶ alive ─ silence, deaf ─▶ suspect ─ silence ─▶ silent
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
      case 'deaf':
        return [...this.#devices].flatMap(([device, entry]) => this.#suspect(device, entry))
      case 'tick':
        return []
    }
  }

  #takeStatus(event: MembershipEvent & { type: 'status' }) {
    const known = this.#session(event)
    if (!known) return []
    const { device, state } = event
    const { entry, effects } = known
    if (state === 'online') return [...effects, ...this.#welcome(device, entry)]
    return [...effects, ...this.#dismiss(device, entry, state)]
  }

  #takeHeartbeat(event: MembershipEvent & { type: 'heartbeat' }) {
    const known = this.#session(event)
    if (!known) return []
    const { device, seq } = event
    const { entry, effects } = known
    const previous = entry.beat
    if (previous && seq <= previous.seq) return effects
    entry.beat = { seq, at: this.#now }
    if (!previous) return effects
    const dueAt = previous.at + (seq - previous.seq) * this.#heartbeatMs
    entry.jitterMs = nextJitterMs(entry.jitterMs, Math.abs(this.#now - dueAt), this.#heartbeatMs)
    return [...effects, ...this.#hear(device, entry)]
  }

  /** The device's entry in the event's session; undefined if the session has passed. */
  #session(event: SessionEvent) {
    const { device, session } = event
    const known = this.#devices.get(device)
    if (known?.session === session) return { entry: known, effects: [] }
    if (!known) return this.#makeRoom() ? { entry: this.#open(event), effects: [] } : undefined
    if (session === known.outlived) return undefined
    if (session > known.session) {
      const effects = this.#dismiss(device, known, 'a newer session')
      return { entry: this.#open(event), effects }
    }
    if (!this.#outlives(known, event)) return undefined
    const effects = this.#dismiss(device, known, 'its clock was set back')
    const entry = this.#open(event)
    entry.outlived = known.session
    return { entry, effects: [...effects, ...this.#welcome(device, entry)] }
  }

  #open({ device, session }: SessionEvent): Device {
    const entry: Device = {
      ...{ session, state: 'away', beat: undefined },
      ...{ rival: undefined, outlived: undefined },
      ...{ heardAt: this.#now, jitterMs: this.#heartbeatMs / 4 },
    }
    this.#devices.set(device, entry)
    return entry
  }

  /** Whether a lower session than the known one is the one that lives. */
  #outlives(known: Device, event: SessionEvent): boolean {
    const { session } = event
    const { rival, state } = known
    if (event.type === 'status') {
      if (event.state === 'online') known.rival = { session, seq: undefined }
      else if (rival?.session === session) known.rival = undefined
      return event.state === 'online' && (state === 'gone' || state === 'silent')
    }
    if (rival?.session !== session) return false
    const isBeating = rival.seq !== undefined && event.seq > rival.seq
    known.rival = { session, seq: Math.max(event.seq, rival.seq ?? event.seq) }
    return isBeating && state !== 'alive' && state !== 'away'
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
    if (this.#now >= this.#silenceEndsAt(entry)) effects.push(...this.#suspect(device, entry))
    if (entry.state === 'suspect' && this.#now >= this.#silenceEndsAt(entry)) {
      entry.state = 'silent'
      effects.push({ type: 'lost', device, reason: `silent for ${this.#silenceMs(entry)} ms` })
    }
    return effects
  }

  #suspect(device: string, entry: Device): MembershipEffect[] {
    if (entry.state !== 'alive') return []
    entry.state = 'suspect'
    return [{ type: 'suspected', device }]
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
