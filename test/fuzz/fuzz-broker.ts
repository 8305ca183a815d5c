import { testBroker } from '../../broker/test/brokers.ts'
import { PACKETS, throwGarbage } from '../../broker/test/garbage.ts'
import { RawClient } from '../../broker/test/raw-client.ts'

/** Sends about `count` damaged packets to a broker of its own and says how it stood that. */
export async function fuzzBroker({ count, seed }: { count: number; seed: number }) {
  const told = new Set<string | undefined>()
  const broker = await testBroker({
    onEvent: ({ type, client }) => {
      if (type === 'refused' || type === 'error') told.add(client)
    },
  })
  const sessions = Math.max(1, Math.ceil(count / PACKETS))
  const { packets, answered, cut } = await throwGarbage({ port: broker.port, sessions, seed })
  const { refused, errors } = broker.stats()
  const untold = cut.filter(name => !told.has(name))
  const [client, code] = await RawClient.login(broker.port, { clientId: 'last' })
  client.socket.destroy()
  await broker.close()
  const text =
    `broker: ${packets} packets in ${sessions} sessions; ${answered} were answered to their end, ` +
    `${cut.length} cut, ${untold.length} of them without an event; ${refused} refusals, ${errors} errors; ` +
    `afterwards it ${code === 0 ? 'lets clients in' : 'lets nobody in'}`
  return { text, isSound: untold.length === 0 && code === 0 }
}
