import { Stage, type StageEffect, type StageEvent } from '@cocoi/scheduler'
import { expect } from 'chai'
import { Random } from './random.ts'
import { realCode } from './real-code.ts'

const SHIFT_MS = 80
const MEAN_MS = 60
const STAGES = 10_000

/** The earliest first: events that will happen, at instants of virtual time. */
class Agenda {
  readonly #entries: { at: number; event: StageEvent }[] = []

  add(at: number, event: StageEvent): void {
    this.#entries.push({ at, event })
  }

  next(): { at: number; event: StageEvent } {
    this.#entries.sort((a, b) => b.at - a.at)
    return this.#entries.pop()!
  }
}

/** Runs a stage on n devices that need a shifted-exponential time; returns when it was complete. */
function completionMs(code: ReturnType<typeof realCode>, random: Random): number {
  const devices = Array.from({ length: code.rows }, (_, i) => `pi-${i}`)
  const limits = { maxOutstanding: 1, subtaskTimeoutMs: 1e9, deadlineAt: 1e9 }
  const stage = new Stage({ ...code, ...limits, devices, local: false })
  const agenda = new Agenda()
  const send = (effects: readonly StageEffect[], now: number) => {
    for (const effect of effects) {
      if (effect.type !== 'dispatch') continue
      const { row, attempt, device } = effect
      const result = { type: 'result', row, attempt, device } as const
      agenda.add(now + SHIFT_MS + random.exponential(MEAN_MS), result)
    }
  }
  send(stage.step({ type: 'start' }, 0), 0)
  for (;;) {
    const { at, event } = agenda.next()
    if (stage.step(event, at).some(({ type }) => type === 'complete')) return at
  }
}

function harmonic(n: number): number {
  return Array.from({ length: n }, (_, i) => 1 / (i + 1)).reduce((sum, term) => sum + term, 0)
}

describe('a stage on shifted-exponential devices', () => {
  for (const [n, k] of [
    [4, 4],
    [5, 3],
    [6, 4],
    [10, 7],
    [10, 8],
  ] as const) {
    it(`takes the mean of the ${k}th of ${n} order statistic: t0 + (H_n − H_(n−k)) / μ`, () => {
      const code = realCode(n === k ? { type: 'uncoded', k } : { type: 'mds', n, k })
      const random = new Random(1)
      let sum = 0
      for (let i = 0; i < STAGES; i++) sum += completionMs(code, random)
      const want = SHIFT_MS + (harmonic(n) - harmonic(n - k)) * MEAN_MS
      expect(sum / STAGES).to.be.closeTo(want, 0.01 * want)
    })
  }
})
