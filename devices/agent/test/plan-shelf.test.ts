import { type LoadedPlan, type LoadedStage, PlanShelf } from '@cocoi/device-agent'
import { createEngine, type Engine } from '@cocoi/engine'
import type { Plan } from '@cocoi/protocol'
import { expect } from 'chai'
import { adder, floats, loadedPlan, numbers, plan } from './stages.ts'

describe('plan shelf', () => {
  let engine: Engine
  let stage: LoadedStage
  let released: string[]
  let loads: string[]
  let shelf: PlanShelf

  before(async () => {
    engine = createEngine({ name: 'test' })
    stage = await adder(engine, 10)
  })
  after(() => engine.close())

  beforeEach(() => {
    released = []
    loads = []
    shelf = new PlanShelf(2, load)
  })

  async function load(of: Plan): Promise<LoadedPlan> {
    loads.push(of.id)
    // Loading takes the engine a while.
    await stage.session.run({ x: floats(0) })
    return loadedPlan(of, stage, id => released.push(id))
  }

  function codeOf(act: () => unknown): unknown {
    try {
      act()
    } catch (error) {
      return (error as { code?: string }).code
    }
    return undefined
  }

  it('has the stages of a plan once it is loaded, and no others', async () => {
    const preparing = shelf.prepare(plan('a'))
    expect(codeOf(() => shelf.stage('a', 0))).to.equal('ERR_UNKNOWN_PLAN')
    await preparing
    const { outputs } = await shelf.stage('a', 0).session.run({ x: floats(1) })
    expect(numbers(outputs.y!)).to.deep.equal([11])
    expect(codeOf(() => shelf.stage('a', 1))).to.equal('ERR_UNKNOWN_PLAN')
    expect(codeOf(() => shelf.stage('b', 0))).to.equal('ERR_UNKNOWN_PLAN')
  })

  it('loads a plan once, however often it is announced', async () => {
    await shelf.prepare(plan('a'))
    await shelf.prepare(plan('b'))
    const copies = [shelf.prepare(plan('c')), shelf.prepare(plan('c')), shelf.prepare(plan('c'))]
    expect(new Set(await Promise.all(copies))).to.have.lengthOf(1)
    expect(loads).to.deep.equal(['a', 'b', 'c'])
  })

  it('lets the plan go that was used least recently', async () => {
    await shelf.prepare(plan('a'))
    await shelf.prepare(plan('b'))
    shelf.stage('a', 0)
    await shelf.prepare(plan('c'))
    expect(released).to.deep.equal(['b'])
    expect(shelf.loaded().map(({ id }) => id)).to.deep.equal(['a', 'c'])
  })

  it('never holds more than it may, also when several plans come at once', async () => {
    const all = ['a', 'b', 'c', 'd', 'e'].map(id => shelf.prepare(plan(id)))
    const outcomes = await Promise.allSettled(all)
    const ready = outcomes.map(({ status }) => status === 'fulfilled')
    expect(ready).to.deep.equal([false, false, false, true, true])
    expect(shelf.loaded().map(({ id }) => id)).to.deep.equal(['d', 'e'])
    expect(loads).to.deep.equal(['d', 'e'])
  })

  it('aborts the loading of a plan that is released meanwhile', async () => {
    let begun = () => {}
    const beginning = new Promise<void>(resolve => {
      begun = resolve
    })
    const slow = new PlanShelf(2, (_, signal) => {
      begun()
      return new Promise((_, reject) => {
        signal.addEventListener('abort', () => reject(new Error('given up')))
      })
    })
    const preparing = slow.prepare(plan('a')).catch((error: Error) => error.message)
    await beginning
    await slow.release('a')
    expect(await preparing).to.equal('given up')
  })

  it('does not begin to load what is released at once', async () => {
    const preparing = shelf.prepare(plan('a')).catch((error: Error) => error.name)
    await shelf.release('a')
    expect(await preparing).to.equal('AbortError')
    expect(loads).to.deep.equal([])
  })

  it('tries a plan again that could not be loaded', async () => {
    let attempts = 0
    const flaky = new PlanShelf(2, async of => {
      attempts += 1
      if (attempts === 1) throw new Error('no disk')
      return loadedPlan(of, stage)
    })
    const first = await flaky.prepare(plan('a')).catch((error: Error) => error.message)
    expect(first).to.equal('no disk')
    expect((await flaky.prepare(plan('a'))).plan.id).to.equal('a')
  })

  it('releases everything at the end', async () => {
    await shelf.prepare(plan('a'))
    await shelf.prepare(plan('b'))
    await shelf.releaseAll()
    expect(released.sort()).to.deep.equal(['a', 'b'])
    expect(shelf.loaded()).to.deep.equal([])
  })
})
