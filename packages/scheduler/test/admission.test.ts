import { Admission, type AdmissionEffect, type AdmissionEvent } from '@cocoi/scheduler'
import { expect } from 'chai'
import { Random } from './random.ts'

const limits = {
  maxRunning: 2,
  maxWaiting: 6,
  maxWaitingBytes: 150,
  rememberMs: 50,
  maxRemembered: 4,
  maxRememberedBytes: 100,
}

type Request = AdmissionEvent & { type: 'request' }

const clients = ['door', 'yard', 'gate'] as const

/** Requests of equal keys are equal as far as it matters who sends them and for which model. */
function anyRequest(random: Random, now: number): Request {
  const number = random.below(36)
  const client = clients[number % 3]!
  return {
    ...{ type: 'request', key: `${client}/${number}`, client, newest: number % 2 === 0 },
    model: number % 4 < 2 ? 'small' : 'large',
    ...{ bytes: random.below(60), priority: random.below(3), deadlineAt: now + random.below(80) },
  }
}

function anyEvent(random: Random, now: number): AdmissionEvent {
  const request = anyRequest(random, now)
  const { key } = request
  const answer = { tookMs: random.below(30), keptBytes: random.below(60) }
  return random.pick<AdmissionEvent>([
    request,
    request,
    request,
    { type: 'finished', key, ...(random.below(3) > 0 && answer) },
    { type: 'cancel', key },
    { type: 'tick' },
  ])
}

type State = 'waiting' | 'running' | 'kept'

/** For every effect, the states a request may be in before it and its state afterwards. */
const transitions: Record<
  AdmissionEffect['type'],
  { from: (State | undefined)[]; to?: State | 'same' }
> = {
  run: { from: [undefined, 'waiting'], to: 'running' },
  reject: { from: [undefined, 'waiting'] },
  join: { from: ['waiting', 'running'], to: 'same' },
  repeat: { from: ['kept'], to: 'same' },
  abort: { from: ['running'], to: 'same' },
  forget: { from: ['kept'] },
}

/** What the sender of the requests knows of them. */
class Ledger {
  readonly #states = new Map<string, { state: State; request: Request }>()

  take(event: AdmissionEvent, effects: readonly AdmissionEffect[]): void {
    const known = 'key' in event ? this.#states.get(event.key) : undefined
    if (event.type === 'finished' && known?.state === 'running') known.state = 'kept'
    for (const effect of effects) {
      this.#checkFairness(event, effect)
      this.#apply(event, effect)
    }
    const isMentioned = 'key' in event && effects.some(({ key }) => key === event.key)
    if (event.type === 'request' && !isMentioned) {
      this.#states.set(event.key, { state: 'waiting', request: event })
    }
  }

  keys(state: State): readonly string[] {
    return this.requests(state).map(({ key }) => key)
  }

  requests(state: State): readonly Request[] {
    return [...this.#states.values()].filter(one => one.state === state).map(one => one.request)
  }

  #apply(event: AdmissionEvent, { type, key }: AdmissionEffect): void {
    const { from, to } = transitions[type]
    const known = this.#states.get(key)
    expect(known?.state, type).to.be.oneOf(from)
    if (to === undefined) this.#states.delete(key)
    else if (to !== 'same') {
      this.#states.set(key, { state: to, request: known?.request ?? (event as Request) })
    }
  }

  #checkFairness(event: AdmissionEvent, effect: AdmissionEffect): void {
    const request = this.#states.get(effect.key)?.request
    if (request && effect.type === 'run') this.#checkTurn(request)
    if (effect.type !== 'reject' || effect.code !== 'ERR_OVERLOADED') return
    if (request) this.#checkVictim(request, event as Request)
  }

  /** Nobody who goes first has a lower priority, or more under way, than one who waits. */
  #checkTurn(next: Request): void {
    for (const other of this.requests('waiting')) {
      expect(other.priority).to.be.at.most(next.priority)
      if (other.priority < next.priority) continue
      const more = this.#count('running', next) - this.#count('running', other)
      expect(more, `${next.key} goes before ${other.key}`).to.be.at.most(0)
    }
  }

  /** Nobody gives way to one who has more than it, in number and in bytes. */
  #checkVictim(victim: Request, newcomer: Request): void {
    expect(victim.priority).to.be.at.most(newcomer.priority)
    if (victim.priority < newcomer.priority || victim.client === newcomer.client) return
    const waiting = (request: Request) => ({
      count: this.#count('waiting', request, request.priority),
      bytes: this.#bytes(request),
    })
    const [his, newcomers] = [waiting(victim), waiting(newcomer)]
    const hasMore = his.count > newcomers.count || his.bytes > newcomers.bytes
    expect(hasMore, `${victim.key} gives way to ${newcomer.key}`).to.equal(true)
  }

  #count(state: State, { client }: Request, priority?: number): number {
    return this.requests(state).filter(
      one => one.client === client && (priority ?? one.priority) === one.priority,
    ).length
  }

  #bytes({ client, priority }: Request): number {
    return this.requests('waiting')
      .filter(one => one.client === client && one.priority === priority)
      .reduce((sum, { bytes }) => sum + bytes, 0)
  }
}

function checkBounds(admission: Admission, ledger: Ledger): void {
  const snapshot = admission.snapshot()
  const { running, waiting, remembered } = snapshot
  expect(running).to.have.members(ledger.keys('running'))
  expect(waiting).to.have.members(ledger.keys('waiting'))
  expect(remembered).to.have.members(ledger.keys('kept'))
  expect(admission.load).to.deep.equal({ running: running.length, waiting: waiting.length })
  expect(running.length).to.be.at.most(limits.maxRunning)
  expect(running.length === limits.maxRunning || waiting.length === 0).to.equal(true)
  expect(waiting.length).to.be.at.most(limits.maxWaiting)
  const bytes = ledger.requests('waiting').reduce((sum, one) => sum + one.bytes, 0)
  expect(snapshot.waitingBytes).to.equal(bytes).and.to.be.at.most(limits.maxWaitingBytes)
  expect(remembered.length).to.be.at.most(limits.maxRemembered)
  expect(snapshot.rememberedBytes).to.be.at.most(limits.maxRememberedBytes)
  const frames = ledger.requests('waiting').filter(({ newest }) => newest)
  const cameras = new Set(frames.map(({ client, model }) => `${client} ${model}`))
  expect(frames.length).to.equal(cameras.size)
}

function refusesForWantOfPlace(event: AdmissionEvent, effects: readonly AdmissionEffect[]) {
  if (event.type !== 'request') return false
  const own = effects.find(({ key }) => key === event.key)
  return own?.type === 'reject' && own.code === 'ERR_OVERLOADED'
}

describe('Admission', () => {
  it('keeps its bounds, is fair and tells every request once what becomes of it, whatever happens', () => {
    const random = new Random(4)
    const admission = new Admission(limits)
    const ledger = new Ledger()
    let now = 0
    for (let i = 0; i < 4000; i++) {
      now += random.below(10)
      for (const event of [{ type: 'tick' } as const, anyEvent(random, now)]) {
        const isDoomed = event.type === 'request' && admission.wouldRefuse(event)
        const effects = admission.step(event, now)
        expect(isDoomed && event.deadlineAt > now).to.equal(refusesForWantOfPlace(event, effects))
        ledger.take(event, effects)
        checkBounds(admission, ledger)
        const instants = ledger.requests('waiting').map(({ deadlineAt }) => deadlineAt)
        const deadline = admission.deadline ?? Infinity
        expect(deadline)
          .to.be.above(now)
          .and.to.be.at.most(Math.min(...instants))
      }
    }
  })

  it('lets nobody wait for more than one turn of each other client, however many those send', () => {
    const random = new Random(5)
    const admission = new Admission({ ...limits, maxRunning: 1, maxWaitingBytes: 1e9 })
    const polite = new Set(['door', 'yard'])
    /** By polite client, turns of others since its request came. */
    const passed = new Map<string, number>()
    let running: string | undefined
    const feed = (event: AdmissionEvent) => {
      for (const effect of admission.step(event, 0)) {
        const [client] = effect.key.split('/') as [string]
        if (effect.type === 'reject') expect(polite.has(client), effect.message).to.equal(false)
        if (effect.type !== 'run') continue
        running = effect.key
        passed.delete(client)
        for (const [other, turns] of passed) passed.set(other, turns + 1)
      }
    }
    for (let i = 0; i < 8000; i++) {
      const client = random.pick(['flood', 'flood', 'flood', 'torrent', 'door', 'yard'])
      const request = { key: `${client}/${i}`, client, model: 'm', bytes: 1, newest: false }
      const isPending = passed.has(client) || running?.startsWith(`${client}/`)
      if (polite.has(client) && isPending) {
        if (running) feed({ type: 'finished', key: running })
      } else {
        if (polite.has(client)) passed.set(client, 0)
        feed({ type: 'request', ...request, deadlineAt: 1, priority: 0 })
      }
      for (const turns of passed.values()) expect(turns).to.be.at.most(3)
    }
  })
})
