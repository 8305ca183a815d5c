import { once } from 'node:events'
import { connect as connectPlain, type Socket } from 'node:net'
import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls'
import { Authority, type Issued } from '@cocoi/cli'
import { expect } from 'chai'
import { SECRET, type TestBroker, testBroker } from './brokers.ts'
import { connectPacket, publishPacket } from './packets.ts'
import { CONNACK, RawClient } from './raw-client.ts'
import { rejection } from './rejection.ts'

const HOST = '127.0.0.1'
const closed = (socket: Socket) =>
  new Promise<void>(resolve => socket.on('error', () => {}).on('close', () => resolve()))
const bytes = ({ cert, key }: Issued) => ({ cert: Buffer.from(cert), key: Buffer.from(key) })

describe('TLS at the broker', () => {
  let ca: string
  let authority: Authority
  let server: Issued
  let broker: TestBroker | undefined

  before(async () => {
    const made = await Authority.create()
    authority = made.authority
    ca = made.files.cert
    server = await authority.issueServer(['broker.test', 'localhost', HOST, '::1'])
  })
  afterEach(async () => {
    await broker?.close()
    broker = undefined
  })

  async function start(clientCa?: string): Promise<TestBroker> {
    const more = clientCa === undefined ? {} : { clientCa: Buffer.from(clientCa) }
    broker = await testBroker({ tls: { host: HOST, port: 0, ...bytes(server), ...more } })
    return broker
  }

  async function open(options: ConnectionOptions = {}): Promise<TLSSocket> {
    const socket = connect({ host: HOST, port: broker!.tlsPort!, ca, ...options })
    await once(socket, 'secureConnect')
    return socket
  }

  async function login(fields: Parameters<typeof connectPacket>[0], options?: ConnectionOptions) {
    const client = new RawClient(await open(options))
    client.send(connectPacket(fields))
    return { client, code: (await client.next(CONNACK))?.body[1] }
  }

  const cam = { username: 'cam', password: SECRET, clientId: 'cam' }

  it('carries MQTT, for the names and addresses in the certificate', async () => {
    await start()
    for (const servername of ['broker.test', 'localhost']) {
      expect((await login(cam, { servername })).code).to.equal(0)
    }
    const { client } = await login(cam)
    await client.subscribe('cocoi/events')
    const [local] = await RawClient.login(broker!.port, { clientId: 'local' })
    local.send(publishPacket('cocoi/events', 'x'.repeat(100_000)))
    expect(await client.message()).to.have.length(100_000)
    const stranger = connect({ host: HOST, port: broker!.tlsPort!, ca, servername: 'evil.test' })
    const [error] = await once(stranger, 'error')
    expect(error).to.include({ code: 'ERR_TLS_CERT_ALTNAME_INVALID' })
  })

  for (const [version, cipher] of [
    ['TLSv1.3', 'TLS_CHACHA20_POLY1305_SHA256'],
    ['TLSv1.2', 'ECDHE-ECDSA-CHACHA20-POLY1305'],
  ] as const) {
    it(`prefers ChaCha20 in ${version}`, async () => {
      await start()
      const socket = await open({ minVersion: version, maxVersion: version })
      expect(socket.getCipher().name).to.equal(cipher)
      socket.destroy()
    })
  }

  it('refuses TLS 1.1, and ciphers without forward secrecy', async () => {
    await start()
    const offers = [
      { minVersion: 'TLSv1.1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' },
      { maxVersion: 'TLSv1.2', ciphers: 'AES128-GCM-SHA256:AES256-SHA' },
    ] as const
    for (const offer of offers) {
      const socket = connect({ host: HOST, port: broker!.tlsPort!, ca, ...offer })
      await once(socket, 'error')
    }
    expect(broker!.reasons()).to.have.length(2)
    expect(broker!.reasons()[0]).to.match(/^no TLS with 127\.0\.0\.1: ERR_SSL_/)
  })

  it('takes the common name of a client certificate for the user, without a password', async () => {
    await start(ca)
    const pi = bytes(await authority.issueClient('pi-1'))
    expect((await login({ clientId: 'pi-1' }, pi)).code).to.equal(0)
    expect((await login({ clientId: 'pi-1:data', username: 'pi-1' }, pi)).code).to.equal(0)
    const { client } = await login({ clientId: 'pi-1' }, pi)
    const codes = await client.subscribe('cocoi/devices/pi-1/control', 'cocoi/devices/pi-2/control')
    expect(codes).to.deep.equal([0, 128])
  })

  it('takes a certificate for nobody else, not even with the right password', async () => {
    await start(ca)
    const pi = bytes(await authority.issueClient('pi-1'))
    expect((await login(cam, pi)).code).to.equal(4)
    expect((await login({ clientId: 'cam' }, pi)).code).to.equal(2)
    const eve = bytes(await authority.issueClient('eve'))
    expect((await login({ clientId: 'eve' }, eve)).code).to.equal(4)
  })

  it('hangs up on clients without a certificate of the CA where one is wanted', async () => {
    await start(ca)
    const foreign = await Authority.create()
    for (const options of [{}, bytes(await foreign.authority.issueClient('cam')), bytes(server)]) {
      const socket = connect({ host: HOST, port: broker!.tlsPort!, ca, ...options })
      socket.on('secureConnect', () => socket.write(connectPacket(cam))).resume()
      await closed(socket)
    }
    expect(broker!.events.filter(({ type }) => type === 'client-connected')).to.deep.equal([])
  })

  it('shows a renewed certificate to whoever connects afterwards', async () => {
    await start()
    const next = await authority.issueServer([HOST])
    broker!.renewCertificate(bytes(next))
    const socket = await open()
    expect(socket.getPeerCertificate().subject.CN).to.equal(HOST)
    socket.destroy()
    await rejection('ERR_BAD_TLS', () =>
      broker!.renewCertificate({ cert: Buffer.from(next.cert), key: Buffer.from(server.key) }),
    )
  })

  it('does not start with a key that belongs to another certificate', async () => {
    const { cert } = await authority.issueServer([HOST])
    const tls = { host: HOST, port: 0, cert: Buffer.from(cert), key: Buffer.from(server.key) }
    await rejection('ERR_BAD_TLS', () => testBroker({ tls }))
  })

  it('gives a silent stranger only as long as for a login, and counts it as a connection', async () => {
    const limits = { connectTimeoutMs: 50, maxConnections: 1 }
    broker = await testBroker({ limits, tls: { host: HOST, port: 0, ...bytes(server) } })
    const silent = [1, 2].map(() => connectPlain(broker!.tlsPort!, HOST).resume())
    await Promise.all(silent.map(closed))
    expect(broker.reasons().sort()).to.deep.equal([
      '1 connections are open; 127.0.0.1 is refused',
      'no TLS with 127.0.0.1: ERR_TLS_HANDSHAKE_TIMEOUT',
    ])
  })
})
