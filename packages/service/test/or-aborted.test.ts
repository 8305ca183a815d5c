import { orAborted } from '@cocoi/service'
import { expect } from 'chai'

const never = new Promise<never>(() => {})

async function outcome(work: Promise<unknown>, signal: AbortSignal): Promise<unknown> {
  return await orAborted(work, signal).catch((error: unknown) => error)
}

describe('work that may be aborted', () => {
  it('ends as it ends by itself', async () => {
    const { signal } = new AbortController()
    expect(await outcome(Promise.resolve(7), signal)).to.equal(7)
    expect(await outcome(Promise.reject('failed'), signal)).to.equal('failed')
  })

  it('ends with the reason of the signal as soon as that aborts', async () => {
    const abort = new AbortController()
    const ending = outcome(never, abort.signal)
    abort.abort('stop')
    expect(await ending).to.equal('stop')
  })

  it('leaves no rejection unhandled where the signal had aborted before', async () => {
    const signal = AbortSignal.abort('stop')
    const unhandled: unknown[] = []
    const note = (reason: unknown) => unhandled.push(reason)
    process.on('unhandledRejection', note)
    expect(await outcome(Promise.reject('failed'), signal)).to.be.oneOf(['stop', 'failed'])
    await new Promise(resolve => setImmediate(resolve))
    process.off('unhandledRejection', note)
    expect(unhandled).to.deep.equal([])
  })
})
