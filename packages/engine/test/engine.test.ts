import { readdirSync, readFileSync } from 'node:fs'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import type { Worker } from 'node:worker_threads'
import { createEngine, type Engine, EngineError, type EngineSession } from '@cocoi/engine'
import { makeModel, makeNode, makeValueInfo, serializeModel } from '@cocoi/onnx'
import { expect } from 'chai'
import { adder, counting, floats, heavy, heavyInput } from './small-models.ts'

/** The error a promise rejects with, or what it resolved to. */
function outcome<T>(promise: Promise<T>): Promise<T | EngineError> {
  return promise.catch(error => {
    expect(error).to.be.instanceOf(EngineError)
    return error
  })
}

async function codeOf(promise: Promise<unknown>): Promise<string> {
  const error = await outcome(promise)
  return error instanceof EngineError ? error.code : 'no error'
}

/** Worker threads in the order in which the process starts them. */
function watchWorkers(onStart: (worker: Worker) => void): () => void {
  process.on('worker', onStart)
  return () => process.off('worker', onStart)
}

describe('engine', function () {
  this.timeout(60_000)
  let engine: Engine

  beforeEach(() => {
    engine = createEngine({ threads: 1 })
  })
  afterEach(() => engine.close())

  it('does not block the event loop while a model runs', async () => {
    const session = await engine.load(heavy(300))
    const feeds = heavyInput()
    const delay = monitorEventLoopDelay({ resolution: 5 })
    delay.enable()
    const { runMs } = await session.run(feeds)
    delay.disable()
    expect(delay.max / 1e6).to.be.below(runMs / 2)
  })

  it('computes no faster than the runtime that it imitates', async () => {
    const slow = createEngine({ threads: 1, flopsPerS: 1e9 })
    const session = await slow.load(heavy(1))
    const flops = 2 * (64 * 56 * 56) * (64 * 9)
    const startedAt = performance.now()
    const { runMs } = await session.run(heavyInput())
    expect(runMs).to.be.at.least((flops / 1e9) * 1000 - 1)
    expect(performance.now() - startedAt).to.be.at.least(runMs)
    const adding = await slow.load(adder(1))
    expect((await adding.run({ x: counting(4) })).runMs).to.be.below(runMs)
    await slow.close()
  })

  it('names its thread where the system shows such names', async function () {
    if (process.platform !== 'linux') return this.skip()
    const named = createEngine({ threads: 1, name: 'cocoi-test' })
    await named.load(adder(1))
    const threads = readdirSync('/proc/self/task')
    const names = threads.map(id => readFileSync(`/proc/self/task/${id}/comm`, 'utf8').trim())
    expect(names).to.include('cocoi-test')
    await named.close()
  })

  it('tells for how long its worker has been at the same thing', async () => {
    const session = await engine.load(heavy(100))
    expect(engine.busyMs).to.equal(0)
    let longestMs = 0
    const sampling = setInterval(() => {
      longestMs = Math.max(longestMs, engine.busyMs)
    }, 1)
    const runs = await Promise.all([session.run(heavyInput()), session.run(heavyInput())])
    clearInterval(sampling)
    const times = runs.map(({ runMs }) => runMs)
    expect(longestMs).to.be.above(Math.max(...times) / 2)
    expect(longestMs).to.be.below(times[0]! + times[1]!)
    expect(engine.busyMs).to.equal(0)
  })

  it('turns telemetry off before the thread that loads onnxruntime exists', async () => {
    delete process.env.ORT_DISABLE_TELEMETRY
    const seen: (string | undefined)[] = []
    const stop = watchWorkers(() => seen.push(process.env.ORT_DISABLE_TELEMETRY))
    await engine.load(adder(1))
    stop()
    expect(seen).to.deep.equal(['1'])
  })

  it('describes the inputs and outputs of a model, symbolic dimensions by name', async () => {
    const session = await engine.load(adder(1))
    expect(session.inputs).to.deep.equal([{ name: 'x', type: 'float32', dims: ['n'] }])
    expect(session.outputs).to.deep.equal([{ name: 'y', type: 'float32', dims: ['n'] }])
  })

  it('answers in the order of the calls, whatever each costs', async () => {
    const slow = await engine.load(heavy(4))
    const quick = await engine.load(adder(1))
    const order: string[] = []
    const runs = ['slow', 'quick', 'slow', 'quick', 'quick'].map(async (which, i) => {
      if (which === 'slow') await slow.run(heavyInput())
      else await quick.run({ x: counting(3) })
      order.push(`${which}${i}`)
    })
    await Promise.all(runs)
    expect(order).to.deep.equal(['slow0', 'quick1', 'slow2', 'quick3', 'quick4'])
  })

  it('keeps sessions apart', async () => {
    const sessions = await Promise.all([1, 2, 3].map(bias => engine.load(adder(bias))))
    const results = await Promise.all(sessions.map(session => session.run({ x: counting(2) })))
    expect(results.map(({ outputs }) => floats(outputs.y!))).to.deep.equal([
      [1, 2],
      [2, 3],
      [3, 4],
    ])
  })

  it('goes on after a model or a run that fails', async () => {
    const bad = new Uint8Array([8, 8, 1, 2, 3])
    expect(await codeOf(engine.load(bad))).to.equal('ERR_ENGINE_LOAD')
    expect(await codeOf(engine.load(new Uint8Array()))).to.equal('ERR_ENGINE_LOAD')
    const session = await engine.load(adder(1))
    expect(await codeOf(session.run({ z: counting(2) }))).to.equal('ERR_ENGINE_RUN')
    expect(await codeOf(session.run({}))).to.equal('ERR_ENGINE_RUN')
    expect(await codeOf(session.run({ x: counting(2, 2) }))).to.equal('ERR_ENGINE_RUN')
    const wrongType = { ...counting(2), type: 'int32' } as const
    expect(await codeOf(session.run({ x: wrongType }))).to.equal('ERR_ENGINE_RUN')
    const fetches = ['nothing']
    expect(await codeOf(session.run({ x: counting(2) }, { fetches }))).to.equal('ERR_ENGINE_RUN')
    expect(floats((await session.run({ x: counting(2) })).outputs.y!)).to.deep.equal([1, 2])
  })

  it('says one line of why a run failed', async () => {
    const session = await engine.load(adder(1))
    const error = (await outcome(session.run({ z: counting(2) }))) as EngineError
    expect(error.message).to.include('x').and.not.include('\n')
  })

  it('refuses to carry strings instead of returning nothing', async () => {
    const nodes = [makeNode('Cast', ['x'], ['y'], { to: 8 })]
    const model = makeModel({
      name: 'strings',
      nodes,
      inputs: [makeValueInfo('x', 'float32', [2])],
      outputs: [makeValueInfo('y', 'string', [2])],
    })
    const session = await engine.load(serializeModel(model))
    const error = (await outcome(session.run({ x: counting(2) }))) as EngineError
    expect(error.code).to.equal('ERR_ENGINE_RUN')
    expect(error.message).to.include('"y" has elements of type string')
  })

  it('refuses threads that are no number of threads', () => {
    for (const threads of [0, -1, 1.5, Number.NaN]) {
      expect(() => createEngine({ threads }), `${threads}`).to.throw(RangeError)
    }
  })
})

describe('engine session', function () {
  this.timeout(60_000)
  let engine: Engine
  let session: EngineSession

  beforeEach(async () => {
    engine = createEngine({ threads: 1 })
    session = await engine.load(adder(1))
  })
  afterEach(() => engine.close())

  it('can be released twice and says that it was when it is run', async () => {
    await Promise.all([session.release(), session.release()])
    await session.release()
    expect(await codeOf(session.run({ x: counting(2) }))).to.equal('ERR_ENGINE_SESSION_LOST')
    expect(await codeOf(session.shapes({ x: counting(2) }))).to.equal('ERR_ENGINE_SESSION_LOST')
  })

  it('finishes the runs that were asked for before its release', async () => {
    const run = session.run({ x: counting(2) })
    await session.release()
    expect(floats((await run).outputs.y!)).to.deep.equal([1, 2])
  })

  it('rejects what is pending when the engine is closed, and everything after', async () => {
    const slow = await engine.load(heavy(8))
    const pending = [slow.run(heavyInput()), session.run({ x: counting(2) }), engine.load(adder(2))]
    const codes = Promise.all(pending.map(codeOf))
    const closed = engine.close()
    const after = [session.run({ x: counting(2) }), engine.load(adder(1))]
    const afterCodes = Promise.all(after.map(codeOf))
    await closed
    expect(await codes).to.deep.equal(new Array(3).fill('ERR_ENGINE_CLOSED'))
    expect(await afterCodes).to.deep.equal(new Array(2).fill('ERR_ENGINE_CLOSED'))
    expect(await codeOf(session.run({ x: counting(2) }))).to.equal('ERR_ENGINE_CLOSED')
    await Promise.all([session.release(), engine.close()])
  })

  it('may be released while the engine closes', async () => {
    const released = session.release()
    await Promise.all([released, engine.close()])
  })

  it('is lost with its worker thread; the next load starts another one', async () => {
    const workers: Worker[] = []
    const stop = watchWorkers(worker => workers.push(worker))
    const fragile = createEngine({ threads: 1 })
    const lost = await fragile.load(adder(1))
    const ended = workers[0]!.terminate()
    expect(await codeOf(fragile.load(adder(2)))).to.equal('ERR_ENGINE_CRASHED')
    await ended
    expect(await codeOf(lost.run({ x: counting(2) }))).to.equal('ERR_ENGINE_SESSION_LOST')
    await lost.release()
    const next = await fragile.load(adder(5))
    stop()
    expect(floats((await next.run({ x: counting(2) })).outputs.y!)).to.deep.equal([5, 6])
    expect(workers).to.have.length(2)
    await fragile.close()
  })
})
