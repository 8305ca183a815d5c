import { expect } from 'chai'
import { testBroker } from './brokers.ts'
import { publishPacket, subscribePacket } from './packets.ts'
import { PUBACK, PUBLISH, RawClient, SUBACK } from './raw-client.ts'

const rounds = 41

/** Median time of a small message to its own sender, in ms. */
async function loopMs(client: RawClient, qos: 0 | 1): Promise<number> {
  const times: number[] = []
  for (let round = 0; round < rounds; round += 1) {
    const begin = performance.now()
    client.send(publishPacket('cocoi/events', 'x', { qos }))
    await client.next(PUBLISH)
    times.push(performance.now() - begin)
    if (qos === 1) await client.next(PUBACK)
  }
  return times.sort((a, b) => a - b)[rounds >> 1]!
}

describe('small messages', () => {
  it('do not wait for the acknowledgement of a PUBACK, which takes 40 ms', async () => {
    const broker = await testBroker()
    const [client] = await RawClient.login(broker.port)
    client.send(subscribePacket(['cocoi/events'], 1))
    await client.next(SUBACK)
    const withoutPuback = await loopMs(client, 0)
    expect(await loopMs(client, 1)).to.be.below(40 * withoutPuback)
    await broker.close()
  })
})
