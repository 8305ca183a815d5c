import { Admission, type AdmissionEffect, type AdmissionEvent } from '@cocoi/scheduler'
import { expect } from 'chai'
import { Random } from './random.ts'

const limits = {
  maxRunning: 2,
  maxWaiting: 3,
  maxWaitingBytes: 100,
  rememberMs: 50,
  maxRemembered: 4,
}

function anyEvent(random: Random, now: number): AdmissionEvent {
  const key = `cam/${random.below(12)}`
  const request = { bytes: random.below(60), priority: random.below(3) }
  return random.pick<AdmissionEvent>([
    { type: 'request', key, ...request, deadlineAt: now + random.below(80) },
    { type: 'request', key, ...request, deadlineAt: now + random.below(80) },
    { type: 'finished', key, keep: random.below(3) > 0 },
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
  readonly #states = new Map<string, State>()

  take(event: AdmissionEvent, effects: readonly AdmissionEffect[]): void {
    if (event.type === 'finished' && this.#states.get(event.key) === 'running') {
      this.#states.set(event.key, 'kept')
    }
    for (const effect of effects) this.#apply(effect)
    const isMentioned = 'key' in event && effects.some(({ key }) => key === event.key)
    if (event.type === 'request' && !isMentioned) this.#states.set(event.key, 'waiting')
  }

  keys(state: State): readonly string[] {
    return [...this.#states].filter(([, other]) => other === state).map(([key]) => key)
  }

  #apply({ type, key }: AdmissionEffect): void {
    const { from, to } = transitions[type]
    expect(this.#states.get(key), type).to.be.oneOf(from)
    if (to === undefined) this.#states.delete(key)
    else if (to !== 'same') this.#states.set(key, to)
  }
}

function checkBounds(admission: Admission, ledger: Ledger): void {
  const { running, waiting, waitingBytes, remembered } = admission.snapshot()
  expect(running).to.have.members(ledger.keys('running'))
  expect(waiting).to.have.members(ledger.keys('waiting'))
  expect(remembered).to.have.members(ledger.keys('kept'))
  expect(running.length).to.be.at.most(limits.maxRunning)
  expect(running.length === limits.maxRunning || waiting.length === 0).to.equal(true)
  expect(waiting.length).to.be.at.most(limits.maxWaiting)
  expect(waitingBytes).to.be.at.most(limits.maxWaitingBytes)
  expect(remembered.length).to.be.at.most(limits.maxRemembered)
}

describe('Admission', () => {
  it('keeps its bounds and tells every request once what becomes of it, whatever happens', () => {
    const random = new Random(4)
    const admission = new Admission(limits)
    const ledger = new Ledger()
    let now = 0
    for (let i = 0; i < 10_000; i++) {
      now += random.below(10)
      for (const event of [{ type: 'tick' } as const, anyEvent(random, now)]) {
        ledger.take(event, admission.step(event, now))
        checkBounds(admission, ledger)
        expect(admission.deadline ?? now + 1).to.be.above(now)
      }
    }
  })
})
