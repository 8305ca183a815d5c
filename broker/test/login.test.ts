import { expect } from 'chai'
import { SECRET, type TestBroker, testBroker } from './brokers.ts'
import { RawClient } from './raw-client.ts'

const ACCEPTED = 0
const BAD_ID = 2
const UNAVAILABLE = 3
const BAD_PASSWORD = 4
const NOT_AUTHORIZED = 5

describe('login at the broker', () => {
  let broker: TestBroker

  beforeEach(async () => {
    broker = await testBroker()
  })
  afterEach(() => broker.close())

  const login = (fields: Parameters<typeof RawClient.login>[1]) =>
    RawClient.login(broker.port, fields)
  const user = (username: string, clientId = username) =>
    login({ username, password: SECRET, clientId })

  it('admits a user with the right password only', async () => {
    const [, right] = await user('pi-1')
    const [wrong, code] = await login({ username: 'pi-2', password: 'guess', clientId: 'pi-2' })
    const [, none] = await login({ username: 'pi-2', clientId: 'pi-2' })
    const [, unknown] = await user('eve')
    await wrong.closed
    expect([right, code, none, unknown]).to.deep.equal([
      ACCEPTED,
      BAD_PASSWORD,
      BAD_PASSWORD,
      BAD_PASSWORD,
    ])
    expect(broker.stats()).to.include({ connections: 1, refused: 3 })
  })

  it('binds the client id to the user', async () => {
    const ids = [
      'pi-1',
      'pi-1:data',
      'pi-10',
      'pi-2',
      '+',
      'pi-1 ',
      '__proto__',
      `pi-1:${'x'.repeat(200)}`,
    ]
    const codes: number[] = []
    for (const id of ids) codes.push((await user('pi-1', id))[1])
    expect(codes).to.deep.equal([ACCEPTED, ACCEPTED, ...Array(6).fill(BAD_ID)])
  })

  it('gives a client without id one of its own, but keeps no session for it', async () => {
    const [, clean] = await login({ clientId: '', clean: true })
    const [, kept] = await login({ clientId: '', clean: false })
    expect([clean, kept]).to.deep.equal([ACCEPTED, BAD_ID])
  })

  it('lets the same user take over a connection', async () => {
    const [first] = await user('pi-1')
    const [, code] = await user('pi-1')
    await first.closed
    expect(code).to.equal(ACCEPTED)
    expect(broker.stats().connections).to.equal(1)
  })

  it('lets nobody cut off a user or occupy an id of that user', async () => {
    await user('pi-1', 'pi-1:data')
    const [, anonymous] = await login({ clientId: 'pi-1:data' })
    const [, neighbour] = await user('pi', 'pi-2:data')
    expect([anonymous, neighbour]).to.deep.equal([BAD_ID, BAD_ID])
    const [squatter] = await login({ clientId: 'pi-2' })
    const [, owner] = await user('pi-2', 'pi-2')
    await squatter.closed
    expect(owner).to.equal(ACCEPTED)
  })

  it('refuses clients without a name where they are not wanted', async () => {
    const strict = await testBroker({ anonymous: 'never' })
    const [, anonymous] = await RawClient.login(strict.port)
    const [, named] = await RawClient.login(strict.port, {
      username: 'cam',
      password: SECRET,
      clientId: 'cam',
    })
    await strict.close()
    expect([anonymous, named]).to.deep.equal([NOT_AUTHORIZED, ACCEPTED])
  })

  it('admits no named user when there are no users', async () => {
    const bare = await testBroker({ users: false })
    const [, code] = await RawClient.login(bare.port, {
      username: 'a',
      password: '',
      clientId: 'a',
    })
    await bare.close()
    expect(code).to.equal(BAD_PASSWORD)
  })

  it('answers when credentials cannot be checked, or not in time', async () => {
    const answers = [() => Promise.reject(new Error('disk')), () => new Promise<never>(() => {})]
    for (const authenticate of answers) {
      const broken = await testBroker({ authenticate, limits: { connectTimeoutMs: 50 } })
      const [, code] = await RawClient.login(broken.port, {
        username: 'a',
        password: '',
        clientId: 'a',
      })
      await broken.close()
      expect(code).to.equal(UNAVAILABLE)
    }
  })

  it('hangs up on a client that never says CONNECT', async () => {
    const hasty = await testBroker({ limits: { connectTimeoutMs: 50 } })
    const silent = await RawClient.open(hasty.port)
    await silent.closed
    await hasty.close()
  })
})
