import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { createServer, type Server } from 'node:tls'
import { Authority } from '@cocoi/cli'
import { type Announcement, announceBroker, findBroker, locateBroker } from '@cocoi/discovery'
import { expect } from 'chai'
import mdns from 'multicast-dns'

const LOOPBACK = '127.0.0.1'
const GROUP = '224.0.0.251'

/** Loopback carries no multicast everywhere. */
async function carriesMulticast(port: number): Promise<boolean> {
  const socket = createSocket({ type: 'udp4', reuseAddr: true })
  try {
    await new Promise<void>(resolve => socket.bind(port, resolve))
    socket.addMembership(GROUP, LOOPBACK)
    socket.setMulticastInterface(LOOPBACK)
    const arrived = once(socket, 'message', { signal: AbortSignal.timeout(2000) })
    socket.send('hello', port, GROUP)
    return await arrived.then(
      () => true,
      () => false,
    )
  } catch {
    return false
  } finally {
    socket.close()
  }
}

/** A port of its own, so that nothing else on this machine answers. */
async function freePort(): Promise<number> {
  const socket = createSocket('udp4')
  await new Promise<void>(resolve => socket.bind(0, LOOPBACK, resolve))
  const { port } = socket.address()
  await new Promise<void>(resolve => socket.close(resolve))
  return port
}

async function codeOf(work: Promise<unknown>): Promise<{ code: unknown; message: string }> {
  try {
    await work
  } catch (error) {
    if (error instanceof Error && 'code' in error)
      return { code: error.code, message: error.message }
    throw error
  }
  throw new Error('it was not refused')
}

describe('discovery', () => {
  let mdnsPort: number
  const ends: (() => unknown)[] = []

  before(async function () {
    if (await carriesMulticast(await freePort())) return
    console.log('      skipped: the loopback interface here carries no multicast')
    this.skip()
  })
  beforeEach(async () => {
    mdnsPort = await freePort()
  })
  afterEach(async () => {
    for (const end of ends.splice(0)) await end()
  })

  const onError = (error: Error) => {
    throw error
  }

  async function announce(host: string, port: number): Promise<Announcement> {
    const announcement = announceBroker({ host, port, network: LOOPBACK, mdnsPort, onError })
    ends.push(() => announcement.close())
    await announcement.ready
    return announcement
  }

  const where = () => ({ mdnsPort, networks: [LOOPBACK] })

  it('finds a broker that is announced: its address, port and the name of its certificate', async () => {
    await announce('pi1.local', 8883)
    const found = await findBroker({ ...where(), timeoutMs: 10_000, accept: async () => true })
    expect(found).to.deep.equal({ address: LOOPBACK, port: 8883, host: 'pi1.local' })
  })

  it('finds one that is announced while it is looked for', async () => {
    const search = findBroker({ ...where(), timeoutMs: 20_000, accept: async () => true })
    await announce('pi1.local', 8883)
    expect(await search).to.include({ host: 'pi1.local' })
  })

  it('says so when nobody is there', async () => {
    const { code, message } = await codeOf(
      findBroker({ ...where(), timeoutMs: 50, accept: async () => true }),
    )
    expect(code).to.equal('ERR_NO_BROKER_FOUND')
    expect(message).to.match(/^no broker has announced itself within 0\.05 s: .*mqtt\.url/)
  })

  it('goes on to the next when one is not to be believed, and asks about each once', async () => {
    await announce('liar.local', 1)
    const asked: string[] = []
    const search = findBroker({
      ...where(),
      timeoutMs: 20_000,
      accept: async ({ host }) => {
        asked.push(host)
        if (host === 'liar.local') void announce('pi1.local', 8883)
        return host === 'pi1.local' || 'it is a liar'
      },
    })
    expect(await search).to.include({ host: 'pi1.local', port: 8883 })
    expect(asked).to.deep.equal(['liar.local', 'pi1.local'])
  })

  it('leaves out answers that are garbage, and survives a flood of them', async () => {
    const hostile = await hostileResponder(mdnsPort)
    ends.push(() => hostile.close())
    const asked: string[] = []
    const accept = async ({ host, port }: { host: string; port: number }) => {
      asked.push(`${host}:${port}`)
      return 'never'
    }
    const { code } = await codeOf(findBroker({ ...where(), timeoutMs: 1500, accept }))
    expect(code).to.equal('ERR_NO_BROKER_FOUND')
    expect(asked).to.have.length(16)
    for (const one of asked) expect(one).to.match(/^flood-\d+\.local:\d+$/)
  })

  it('answers browsers of multicast DNS, which ask for each record and hear the answer together', async () => {
    await announce('pi1.local', 8883)
    const browser = mdns({ port: mdnsPort, interface: LOOPBACK, bind: '0.0.0.0' })
    ends.push(() => new Promise<void>(resolve => browser.destroy(resolve)))
    await once(browser, 'ready')
    for (const [name, type, data] of [
      ['_CoCoI._tcp.local', 'PTR', 'pi1._cocoi._tcp.local'],
      ['pi1._cocoi._tcp.local', 'SRV', { priority: 0, weight: 0, port: 8883, target: 'pi1.local' }],
    ] as const) {
      browser.query([{ name, type }])
      const [{ answers }] = await once(browser, 'response')
      expect(answers[0]).to.deep.include({ type, data, ttl: 120 })
    }
  })

  describe('of a broker with TLS', () => {
    let authority: Authority
    let ca: Buffer

    beforeEach(async () => {
      const made = await Authority.create()
      authority = made.authority
      ca = Buffer.from(made.files.cert)
    })

    /** Somebody with a certificate; says what it was sent. */
    async function listen(by: Authority, host: string): Promise<{ port: number; heard: Buffer[] }> {
      const heard: Buffer[] = []
      const server: Server = createServer(await by.issueServer([host]), socket => {
        socket.on('data', data => heard.push(data)).on('error', () => {})
      })
      server.on('tlsClientError', () => {})
      await new Promise<void>(resolve => server.listen(0, LOOPBACK, resolve))
      ends.push(() => new Promise<void>(resolve => server.close(() => resolve())))
      const { port } = server.address() as AddressInfo
      await announce(host, port)
      return { port, heard }
    }

    it('gives its address and the name to hold its certificate against', async () => {
      const { port } = await listen(authority, 'pi1.local')
      const given = { url: 'auto', ca, username: 'pi2' }
      const told: unknown[] = []
      const tell = (message: string, facts?: object) => told.push(message, facts)
      expect(await locateBroker(given, { ...where(), tell })).to.deep.equal({
        ...given,
        ...{ url: `mqtts://127.0.0.1:${port}`, servername: 'pi1.local' },
      })
      expect(told).to.deep.equal([
        ...['looking for the broker', undefined],
        ...['found the broker', { address: LOOPBACK, port, host: 'pi1.local' }],
      ])
    })

    it('passes by those with a certificate of another authority, and tells them nothing', async () => {
      const other = await Authority.create()
      const { heard } = await listen(other.authority, 'pi1.local')
      const { port } = await listen(authority, 'pi7.local')
      const { url } = await locateBroker({ url: 'auto', ca }, where())
      expect(url).to.equal(`mqtts://127.0.0.1:${port}`)
      expect(heard).to.deep.equal([])
    })

    it('does not believe the certificate of a device of the same authority', async () => {
      const stolen = await authority.issueClient('pi2')
      const server = createServer(stolen).on('tlsClientError', () => {})
      await new Promise<void>(resolve => server.listen(0, LOOPBACK, resolve))
      ends.push(() => new Promise<void>(resolve => server.close(() => resolve())))
      await announce('pi2', (server.address() as AddressInfo).port)
      const options = { ...where(), timeoutMs: 1500 }
      const { code, message } = await codeOf(locateBroker({ url: 'auto', ca }, options))
      expect(code).to.equal('ERR_NO_BROKER_FOUND')
      expect(message).to.match(/can be believed \(pi2 at .*: unsuitable certificate purpose\)/)
    })

    it('believes nobody without an authority of its own', async () => {
      const { code } = await codeOf(locateBroker({ url: 'auto' }, where()))
      expect(code).to.equal('ERR_CA_NEEDED')
    })

    it('looks for nobody when the address is known', async () => {
      const given = { url: 'mqtt://192.0.2.1' }
      expect(await locateBroker(given, { networks: [] })).to.equal(given)
    })
  })
})

/** Answers every question with what no broker says, and with more brokers than there can be. */
async function hostileResponder(port: number): Promise<Socket> {
  const responder = mdns({ port, interface: LOOPBACK, bind: '0.0.0.0' })
  const socket = createSocket('udp4')
  responder.on('query', ({ id }, asker) => {
    const srv = (instance: string, target: string, port: number, service = '_cocoi._tcp') =>
      ({ name: `${instance}.${service}.local`, type: 'SRV', data: { target, port } }) as const
    const answer = (answers: ReturnType<typeof srv>[]) =>
      responder.respond({ id, answers, questions: [] } as never, asker)
    socket.send('garbage', asker.port, asker.address)
    answer([srv('a', 'pi1.local', 0), srv('b', 'a b\u001b[2J', 1), srv('c', '-rf.local', 1)])
    answer([srv('d', 'pi1.local', 1, '_http._tcp')])
    for (let i = 0; i < 100; i++) answer([srv(`f${i}`, `flood-${i}.local`, 1000 + i)])
  })
  await once(responder, 'ready')
  const close = socket.close.bind(socket)
  socket.close = (done?: () => void) => {
    responder.destroy()
    return close(done)
  }
  return socket
}
