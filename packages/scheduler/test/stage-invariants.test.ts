import type { Scheme } from '@cocoi/coding'
import { Stage, type StageEvent, type StageOptions } from '@cocoi/scheduler'
import { expect } from 'chai'
import { Random } from './random.ts'
import { realCode } from './real-code.ts'
import { StageAuditor } from './stage-auditor.ts'

const RUNS = 3000
const EVENTS = 50
const FAR = 1e9

const codes = (
  [
    { type: 'uncoded', k: 1 },
    { type: 'uncoded', k: 4 },
    { type: 'replication', k: 2, r: 2 },
    { type: 'mds', n: 4, k: 3 },
    { type: 'mds', n: 6, k: 4 },
    { type: 'lt', n: 6, k: 4, seed: 3 },
  ] satisfies Scheme[]
).map(scheme => realCode(scheme))
const noisy = realCode({ type: 'vandermonde', n: 5, k: 3 }, 3)

/** A stage, its auditor and the events that happen to them. */
class Run {
  readonly log: string[] = []
  readonly auditor: StageAuditor
  readonly #stage: Stage
  readonly #random: Random
  readonly #devices: readonly string[]
  /** How many of 20 answers are failures. */
  readonly #failures: number
  #now = 0

  constructor(options: StageOptions, random: Random) {
    this.#stage = new Stage(options)
    this.auditor = new StageAuditor(options)
    this.#random = random
    this.#failures = random.pick([1, 3, 3, 20])
    this.#devices = [...options.devices, 'new-1', 'new-2']
  }

  /** Everything that happens, happens twice: the copy must change nothing. */
  step(event: StageEvent): void {
    this.log.push(`${this.#now} ${JSON.stringify(event)}`)
    const effects = this.#stage.step(event, this.#now)
    this.log.push(...effects.map(effect => `  ${JSON.stringify(effect)}`))
    this.auditor.observe(event, this.#now, effects)
    expect(this.#stage.step(event, this.#now), 'effects of a copy').to.deep.equal([])
    expect(this.#stage.step({ type: 'tick' }, this.#now), 'effects of a tick').to.deep.equal([])
    expect(this.#stage.deadline ?? Number.POSITIVE_INFINITY, 'deadline').to.be.above(this.#now)
  }

  chaos(): void {
    this.#now += this.#random.below(40)
    this.step(this.#anyEvent())
  }

  /** From now on whoever is live answers, and somebody is. */
  calm(): void {
    this.step({ type: 'device-available', device: this.#random.pick(this.#devices) })
    for (let i = 0; i < 1000 && !this.auditor.outcome; i++) {
      const [attempt] = this.auditor.answerable()
      if (attempt) this.step(this.#answer(keyOf(attempt)))
      else this.#tickAtDeadline()
    }
  }

  #tickAtDeadline(): void {
    this.#now = Math.max(this.#now, this.#stage.deadline ?? this.#now)
    this.step({ type: 'tick' })
  }

  #anyEvent(): StageEvent {
    const dice = this.#random.below(100)
    const device = this.#random.pick(this.#devices)
    if (dice < 35) return this.#anyAnswer()
    if (dice < 50) return { type: 'device-available', device }
    if (dice < 65) return { type: 'device-suspect', device }
    if (dice < 78) return { type: 'device-lost', device }
    if (dice < 80) return { type: 'start' }
    if (dice < 99) return { type: 'tick' }
    return this.#random.below(4) === 0 ? { type: 'cancel' } : { type: 'tick' }
  }

  /** Mostly of what is outstanding; also late, repeated, of strangers, of rows that do not exist. */
  #anyAnswer(): StageEvent {
    const dice = this.#random.below(20)
    const pool = dice < 14 ? this.auditor.open() : this.auditor.issued
    const stray = { row: this.#random.below(20) - 5, attempt: 1, device: 'new-1' }
    const key = pool.length > 0 && dice < 19 ? keyOf(this.#random.pick(pool)) : stray
    return this.#answer(key)
  }

  #answer(key: ReturnType<typeof keyOf>): StageEvent {
    const isFailure = this.#random.below(20) < this.#failures
    return isFailure ? { type: 'failure', ...key, code: 'ERR_RUN' } : { type: 'result', ...key }
  }
}

function keyOf({ row, attempt, device }: { row: number; attempt: number; device: string }) {
  return { row, attempt, device }
}

function anyOptions(random: Random): StageOptions {
  const count = random.below(6)
  return {
    ...random.pick([...codes, noisy]),
    devices: Array.from({ length: count }, (_, i) => `pi-${i}`),
    maxOutstanding: 1 + random.below(2),
    subtaskTimeoutMs: 20 + random.below(300),
    hedgeAfterMs: random.below(2) === 0 ? undefined : 5 + random.below(150),
    deadlineAt: random.below(4) === 0 ? 300 : FAR,
    local: random.below(2) === 0,
    localHelps: random.below(2) === 0,
    audit: random.below(4) === 0,
  }
}

/** Plays one random run to its end; returns how it ended. */
function play(seed: number): string {
  const random = new Random(seed)
  const options = anyOptions(random)
  const run = new Run(options, random)
  try {
    if (random.below(10) > 0) run.step({ type: 'start' })
    for (let i = 0; i < EVENTS && !run.auditor.outcome; i++) run.chaos()
    run.step({ type: 'start' })
    run.calm()
    run.chaos()
  } catch (error) {
    throw new Error(`seed ${seed}: ${(error as Error).message}\n${run.log.join('\n')}`)
  }
  const { outcome } = run.auditor
  const isStuck = outcome === 'ERR_DEADLINE' && options.deadlineAt === FAR
  if (isStuck && !run.auditor.hasExhausted()) throw new Error(`seed ${seed} waited in vain`)
  return outcome ?? 'nothing'
}

describe('a stage under random losses, suspicions, copies, failures and late results', () => {
  it(`holds its invariants and always ends (${RUNS} runs)`, () => {
    const outcomes: Record<string, number> = {}
    for (let seed = 1; seed <= RUNS; seed++) {
      const outcome = play(seed)
      outcomes[outcome] = (outcomes[outcome] ?? 0) + 1
    }
    const kinds = ['ERR_CANCELLED', 'ERR_DEADLINE', 'ERR_STAGE_FAILED', 'complete']
    expect(Object.keys(outcomes).sort()).to.deep.equal(kinds)
    expect(outcomes.complete, JSON.stringify(outcomes)).to.be.above(RUNS / 2)
  })
})
