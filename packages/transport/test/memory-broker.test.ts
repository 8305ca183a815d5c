import { MemoryBroker, whenConnected } from '@cocoi/transport'
import { expect } from 'chai'
import { conforms } from './conformance.ts'
import { bytes, connection, disconnection, Mailbox } from './mailbox.ts'
import { memoryWorld } from './memory-world.ts'

conforms('memory', memoryWorld)

const soon = { qos: 0, timeoutMs: 5000 } as const
const sure = { qos: 1, timeoutMs: 5000 } as const

describe('MemoryBroker', () => {
  /** How often each of 200 messages arrives. */
  async function counts(
    options: ConstructorParameters<typeof MemoryBroker>[0],
    publish: typeof soon | typeof sure,
  ): Promise<number[]> {
    const transport = new MemoryBroker(options).connect({ clientId: 'a' })
    const mailbox = new Mailbox()
    const end = new Mailbox()
    await transport.subscribe('numbers', mailbox.handler, { qos: 1 })
    await transport.subscribe('end', end.handler, { qos: 1 })
    const numbers = Array.from({ length: 200 }, (_, index) => index)
    await Promise.all(numbers.map(n => transport.publish('numbers', bytes(`${n}`), publish)))
    await transport.publish('end', bytes('end'), sure)
    await end.first(1)
    await transport.close()
    return numbers.map(n => mailbox.texts.filter(text => text === `${n}`).length)
  }

  it('loses QoS 0 messages at the given rate, the same ones for the same seed', async () => {
    const lossy = { loss: 0.2, seed: 7 }
    const once = await counts(lossy, soon)
    expect(await counts(lossy, soon)).to.deep.equal(once)
    expect(await counts({ ...lossy, seed: 8 }, soon)).not.to.deep.equal(once)
    const arrived = once.filter(count => count === 1).length
    expect(arrived).to.be.within(100, 156)
  })

  it('loses no QoS 1 message, but may deliver it twice', async () => {
    const arrivals = await counts({ loss: 0.5, duplicates: 0.3 }, sure)
    expect(new Set(arrivals)).to.deep.equal(new Set([1, 2]))
  })

  it('keeps the order of messages at any latency', async () => {
    const transport = new MemoryBroker({ latencyMs: 2 }).connect({ clientId: 'a' })
    const mailbox = new Mailbox()
    await transport.subscribe('numbers', mailbox.handler)
    for (let n = 0; n < 20; n += 1) void transport.publish('numbers', bytes(`${n}`), soon)
    await mailbox.first(20)
    expect(mailbox.texts).to.deep.equal(Array.from({ length: 20 }, (_, n) => `${n}`))
    await transport.close()
  })

  it('lets a second client with the same id take over from the first', async () => {
    const broker = new MemoryBroker()
    const first = broker.connect({ clientId: 'a' })
    const session = await whenConnected(first, 5000)
    const lost = disconnection(first)
    const second = broker.connect({ clientId: 'a' })
    const later = connection(second)
    expect(await lost).to.match(/took over/)
    await first.close()
    expect(await later).to.be.above(session)
    await second.close()
  })
})
