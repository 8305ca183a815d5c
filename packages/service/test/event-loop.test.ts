import { setTimeout as later } from 'node:timers/promises'
import { watchEventLoop } from '@cocoi/service'
import { expect } from 'chai'

function block(durationMs: number): void {
  const until = performance.now() + durationMs
  while (performance.now() < until);
}

/** Until the watch has had its turn several times. */
const turns = () => later(100)

describe('watchEventLoop', () => {
  it('tells the longest delay since it was last asked', async () => {
    const watch = watchEventLoop()
    await turns()
    block(300)
    await turns()
    const blockedMs = watch.lagMs()
    await turns()
    const freeMs = watch.lagMs()
    watch.stop()
    expect(blockedMs).to.be.above(250)
    expect(freeMs).to.be.below(blockedMs)
  })

  it('sees no delay before the first turn', () => {
    const watch = watchEventLoop()
    expect(watch.lagMs()).to.equal(0)
    watch.stop()
  })
})
