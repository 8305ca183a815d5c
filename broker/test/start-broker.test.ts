import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { BrokerError } from '@cocoi/broker'
import { expect } from 'chai'
import { testBroker } from './brokers.ts'
import { publishPacket } from './packets.ts'
import { RawClient } from './raw-client.ts'

async function refusal(promise: Promise<unknown>): Promise<BrokerError> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  expect(error).to.be.instanceOf(BrokerError)
  return error as BrokerError
}

describe('startBroker', () => {
  it('names the port that is in use and how to get on', async () => {
    const other = createServer()
    await once(other.listen(0, '127.0.0.1'), 'listening')
    const { port } = other.address() as AddressInfo
    const error = await refusal(testBroker({ port }))
    other.close()
    expect(error.code).to.equal('ERR_PORT_IN_USE')
    expect(error.message)
      .to.include(`${port}`)
      .and.match(/stop|another/)
  })

  it('names an address it cannot listen on', async () => {
    const error = await refusal(testBroker({ host: '192.0.2.1' }))
    expect(error.code).to.equal('ERR_LISTEN')
    expect(error.message).to.include('192.0.2.1')
  })

  it('frees its port and every connection when it is closed', async () => {
    const broker = await testBroker()
    const [client] = await RawClient.login(broker.port)
    const stranger = await RawClient.open(broker.port)
    await broker.close()
    await Promise.all([client.closed, stranger.closed])
    const again = await testBroker({ port: broker.port })
    await again.close()
  })

  it('counts connections and payload bytes', async () => {
    const broker = await testBroker()
    const [client] = await RawClient.login(broker.port)
    await client.subscribe('cocoi/events')
    client.send(publishPacket('cocoi/events', '12345'))
    await client.message()
    expect(broker.stats()).to.deep.equal({
      connections: 1,
      dropped: 0,
      refused: 0,
      errors: 0,
      bytes: { received: 5, sent: 5, queued: 0 },
    })
    await broker.close()
    expect(broker.events.map(({ type }) => type)).to.deep.equal(['client-connected', 'client-gone'])
  })
})

describe('a broker without users', () => {
  for (const host of ['0.0.0.0', '::', '192.0.2.1', 'broker.local']) {
    it(`does not listen on ${host}, and says what to do`, async () => {
      const error = await refusal(testBroker({ host, users: false }))
      expect(error).to.include({ code: 'ERR_NO_USERS', isConfiguration: true })
      expect(error.message).to.include(host).and.include('cocoi init').and.include('127.0.0.1')
    })
  }

  it('does not do so for WebSockets either', async () => {
    const ws = { host: '0.0.0.0', port: 0, secure: false }
    expect((await refusal(testBroker({ ws, users: false }))).code).to.equal('ERR_NO_USERS')
  })

  it('listens on this machine alone, and with users everywhere', async () => {
    for (const options of [
      { host: 'localhost', users: false },
      { host: '127.0.0.2', users: false },
      { host: '0.0.0.0', users: true },
    ]) {
      const broker = await testBroker(options)
      await broker.close()
    }
  })
})
