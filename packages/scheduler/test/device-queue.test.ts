import { DeviceQueue, type DeviceQueueEvent, type SubtaskId } from '@cocoi/scheduler'
import { expect } from 'chai'
import { Random } from './random.ts'

const subtask = (row: number, attempt = 1): SubtaskId => ({
  inference: 'a',
  stage: 0,
  row,
  attempt,
})

const keyOf = (id: SubtaskId) => JSON.stringify(id)

function anyEvent(random: Random): DeviceQueueEvent {
  const id = subtask(random.below(8), 1 + random.below(40))
  const timeoutMs = random.below(60)
  return random.pick<DeviceQueueEvent>([
    { type: 'subtask', id, plan: `p-${random.below(3)}`, timeoutMs },
    { type: 'subtask', id, plan: `p-${random.below(3)}`, timeoutMs },
    { type: 'cancel', id },
    { type: 'tick' },
  ])
}

describe('DeviceQueue', () => {
  it('runs one at a time, each at most once and never too late, whatever happens', () => {
    const random = new Random(3)
    const queue = new DeviceQueue({ maxWaiting: 3 })
    const startBy = new Map<string, number>()
    let running: SubtaskId | undefined
    let now = 0
    for (let i = 0; i < 20_000; i++) {
      now += random.below(10)
      const isDone = running && random.below(3) === 0
      const event = isDone ? ({ type: 'finished', id: running! } as const) : anyEvent(random)
      if (isDone) running = undefined
      const effects = queue.step(event, now)
      const dropped = effects.flatMap(effect => (effect.type === 'drop' ? keyOf(effect.id) : []))
      if (event.type === 'subtask' && !dropped.includes(keyOf(event.id))) {
        startBy.set(keyOf(event.id), now + event.timeoutMs)
      }
      for (const effect of effects) {
        if (effect.type !== 'run') continue
        expect(running, 'already running').to.equal(undefined)
        expect(startBy.get(keyOf(effect.id)), 'expired').to.be.above(now)
        startBy.set(keyOf(effect.id), Number.NEGATIVE_INFINITY)
        running = effect.id
      }
      expect(queue.snapshot().running).to.deep.equal(running)
      expect(queue.snapshot().waiting.length).to.be.at.most(3)
      expect(queue.deadline ?? now + 1).to.be.above(now)
    }
  })

  it('remembers a bounded number of subtasks', () => {
    const queue = new DeviceQueue({ maxWaiting: 1 })
    const runAll = (count: number) => {
      for (let row = 0; row < count; row++) {
        queue.step({ type: 'subtask', id: subtask(row), plan: 'p', timeoutMs: 9 }, row)
        queue.step({ type: 'finished', id: subtask(row) }, row)
      }
    }
    runAll(257)
    const again = (row: number) =>
      queue.step({ type: 'subtask', id: subtask(row), plan: 'p', timeoutMs: 9 }, 300)
    expect(again(1)).to.deep.equal([{ type: 'drop', id: subtask(1), reason: 'duplicate' }])
    expect(again(0)).to.deep.equal([{ type: 'run', id: subtask(0) }])
  })

  it('shows what runs, what waits and the plans they need', () => {
    const queue = new DeviceQueue({ maxWaiting: 2 })
    queue.step({ type: 'subtask', id: subtask(0), plan: 'p', timeoutMs: 9 }, 0)
    queue.step({ type: 'subtask', id: subtask(1), plan: 'q', timeoutMs: 9 }, 0)
    expect(queue.snapshot()).to.deep.equal({
      running: subtask(0),
      waiting: [subtask(1)],
      plans: ['p', 'q'],
      isDraining: false,
    })
  })
})
