import { benchmark, createEngine, type Engine } from '@cocoi/engine'
import { expect } from 'chai'

describe('the benchmark of an engine', () => {
  let engine: Engine

  before(() => {
    engine = createEngine({ threads: 1 })
  })
  after(() => engine.close())

  it('finds speeds of this world', async () => {
    const { flopsPerS, memoryBytesPerS } = await benchmark(engine)
    expect(flopsPerS).to.be.within(1e8, 1e13)
    expect(memoryBytesPerS).to.be.within(1e7, 1e12)
  })

  it('times its runs as it is told, so that an imitated device is as slow as it imitates', async () => {
    let count = 0
    const { flopsPerS, memoryBytesPerS } = await benchmark(engine, async run => {
      await run()
      count += 1
      return 100
    })
    expect(count, 'a slow one has less to do').to.equal(6)
    expect(memoryBytesPerS).to.be.closeTo((4 * 2 ** 20 * 10) / 0.1, 1)
    const flops = 4 * 2 * 64 * 28 * 28 * 64 * 9
    expect(flopsPerS * 0.1).to.be.within(flops, 1.1 * flops)
  })

  it('finds the speed of the runtime that an engine imitates', async () => {
    const slow = createEngine({ threads: 1, flopsPerS: 1e9 })
    const { flopsPerS } = await benchmark(slow)
    await slow.close()
    expect(flopsPerS).to.be.within(0.8e9, 1.3e9)
  })
})
