import { type LoadedStage, Pace, SubtaskRunner, Tardiness } from '@cocoi/device-agent'
import { createEngine, type Engine, type EngineTensor } from '@cocoi/engine'
import type { Work } from '@cocoi/planner'
import type { FailureHeader, ResultHeader, SubtaskHeader } from '@cocoi/protocol'
import { expect } from 'chai'
import { adder, floats, numbers } from './stages.ts'

interface Answered {
  readonly header: ResultHeader | FailureHeader
  readonly tensors: readonly EngineTensor[]
}

function subtask(row: number, facts: Partial<SubtaskHeader> = {}): SubtaskHeader {
  const id = { inference: 'i1', stage: 0, row, attempt: 0, plan: 'p1' }
  return { type: 'subtask', ...id, timeoutMs: 600_000, ...facts }
}

describe('subtask runner', () => {
  let engine: Engine
  let stage: LoadedStage
  let runner: SubtaskRunner
  let answers: Answered[]
  let computed: Work[]
  let now: number

  before(async () => {
    engine = createEngine({ name: 'test' })
    stage = await adder(engine, 10)
  })
  after(() => engine.close())

  beforeEach(() => {
    answers = []
    computed = []
    now = 0
    runner = runnerThatIs({ delayMs: 0 })
  })

  function runnerThatIs({ delayMs }: { delayMs: number }): SubtaskRunner {
    return new SubtaskRunner({
      maxWaiting: 2,
      stage: (plan, id) => {
        if (plan === 'p1' && id === 0) return stage
        throw Object.assign(new Error(`no plan ${plan}`), { code: 'ERR_UNKNOWN_PLAN' })
      },
      answer: (_, header, tensors) => void answers.push({ header, tensors }),
      pace: new Pace(1, 1),
      tardiness: new Tardiness({ straggle: 0, delayMs, seed: 1 }),
      onComputed: (work, ms) => void (ms > 0 && computed.push(work)),
      now: () => now,
    })
  }

  function accept(header: SubtaskHeader, ...tensors: EngineTensor[]): void {
    runner.accept({ header, tensors: tensors.length > 0 ? tensors : [floats(1, -50)] })
  }

  function codes(): (string | undefined)[] {
    return answers.map(({ header }) => ('code' in header ? header.code : undefined))
  }

  it('computes one after the other, and answers with result, peak and times', async () => {
    for (const row of [0, 1, 2]) accept(subtask(row))
    expect(runner.load).to.deep.equal({ running: 1, waiting: 2 })
    now = 7
    await runner.drain()
    expect(answers.map(({ header }) => 'row' in header && header.row)).to.deep.equal([0, 1, 2])
    const { header, tensors } = answers[1]!
    expect(numbers(tensors[0]!)).to.deep.equal([11, -40])
    expect(header).to.include({ type: 'result', plan: 'p1', inference: 'i1', peak: 40, queueMs: 7 })
    expect(runner.counts).to.deep.equal({ done: 3, failed: 0, cancelled: 0, expired: 0 })
    expect(runner.held).to.equal(0)
  })

  it('says why a subtask cannot be computed, and goes on with the next', async () => {
    accept(subtask(0, { plan: 'p2' }))
    accept(subtask(1), floats(1), floats(2))
    accept(subtask(2), { type: 'int64', dims: [1], data: new Uint8Array(8) })
    await runner.drain()
    expect(codes()).to.deep.equal(['ERR_UNKNOWN_PLAN', 'ERR_WRONG_SHAPE', 'ERR_ENGINE_RUN'])
    expect(runner.counts).to.include({ done: 0, failed: 3 })
    expect(runner.held).to.equal(0)
  })

  it('refuses what its queue has no room for, and everything new while it drains', async () => {
    for (const row of [0, 1, 2, 3]) accept(subtask(row))
    expect(codes()).to.deep.equal(['ERR_QUEUE_FULL'])
    const drained = runner.drain()
    accept(subtask(4))
    expect(codes()).to.deep.equal(['ERR_QUEUE_FULL', 'ERR_DRAINING'])
    await drained
    expect(runner.counts.done).to.equal(3)
  })

  it('answers no cancelled subtask, neither a waiting nor the running one', async () => {
    accept(subtask(0))
    accept(subtask(1))
    runner.cancel(subtask(0))
    runner.cancel(subtask(1))
    await runner.drain()
    expect(answers).to.deep.equal([])
    expect(runner.counts).to.deep.equal({ done: 0, failed: 0, cancelled: 2, expired: 0 })
    expect(runner.held).to.equal(0)
    expect(computed, 'slow ones are cancelled: that is when it counts').to.deep.equal([stage.work])
  })

  it('holds answers back while it is tardy, and computes on', async () => {
    runner = runnerThatIs({ delayMs: 600_000 })
    for (const row of [0, 1, 2]) accept(subtask(row))
    while (runner.counts.done < 3) await new Promise(setImmediate)
    runner.cancel(subtask(1))
    expect(answers).to.deep.equal([])
    await runner.drain()
    expect(answers.map(({ header }) => 'row' in header && header.row)).to.deep.equal([0, 2])
  })

  it('does not begin what has expired while it waited', async () => {
    accept(subtask(0))
    accept(subtask(1, { timeoutMs: 5 }))
    now = 6
    await runner.drain()
    expect(answers.map(({ header }) => 'row' in header && header.row)).to.deep.equal([0])
    expect(runner.counts).to.include({ done: 1, expired: 1 })
  })

  it('computes copies once, and keeps no tensors of those that come later', async () => {
    for (let copy = 0; copy < 3; copy++) accept(subtask(0))
    expect(runner.held).to.equal(1)
    const drained = runner.drain()
    await drained
    accept(subtask(0))
    expect(runner.held).to.equal(0)
    expect(answers).to.have.lengthOf(1)
  })

  it('drains at once when it has nothing to do, and as often as it is asked', async () => {
    await Promise.all([runner.drain(), runner.drain()])
    await runner.drain()
  })

  it('lets everyone who asks wait until what it has begun is done', async () => {
    accept(subtask(0))
    await Promise.all([runner.drain(), runner.drain()])
    expect(runner.counts.done).to.equal(1)
  })

  it('reports a result that is not finite as out of any range', async () => {
    accept(subtask(0), floats(Number.POSITIVE_INFINITY))
    await runner.drain()
    expect(answers[0]!.header).to.include({ type: 'result', peak: Number.MAX_VALUE })
  })
})
