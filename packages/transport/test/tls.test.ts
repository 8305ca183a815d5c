import { type Broker, startBroker, type TlsOptions } from '@cocoi/broker'
import { Authority, type Issued } from '@cocoi/cli'
import { connectMqtt, type MqttOptions, type Transport, whenConnected } from '@cocoi/transport'
import { expect } from 'chai'
import { BROKER } from './mqtt-world.ts'

const HOST = '127.0.0.1'
const bytes = ({ cert, key }: Issued) => ({ cert: Buffer.from(cert), key: Buffer.from(key) })

describe('connectMqtt over TLS', () => {
  let authority: Authority
  let ca: Buffer
  let broker: Broker
  let transport: Transport

  before(async () => {
    const made = await Authority.create()
    authority = made.authority
    ca = Buffer.from(made.files.cert)
  })
  afterEach(() => broker.close())

  async function start(options: Partial<TlsOptions> = {}, hosts = [HOST, 'localhost']) {
    const certificate = bytes(await authority.issueServer(hosts))
    const authenticate = async (id: string) => ({ role: 'device', id }) as const
    const tls = { host: HOST, port: 0, ...certificate, ...options }
    broker = await startBroker({ ...BROKER, authenticate, tls })
  }

  async function connect(options: Partial<MqttOptions> = {}): Promise<void> {
    const url = `mqtts://${HOST}:${broker.tlsPort}`
    transport = connectMqtt({ url, clientId: 'pi-1', keepaliveS: 60, ...options })
    try {
      await whenConnected(transport, 5000)
    } finally {
      await transport.close()
    }
  }

  /** What is said when it cannot connect. */
  async function failure(options: Partial<MqttOptions> = {}): Promise<string> {
    const url = `mqtts://${HOST}:${broker.tlsPort}`
    const noticed = new Promise<string>(resolve => {
      const onNotice: MqttOptions['onNotice'] = ({ message }) => resolve(message)
      transport = connectMqtt({ url, clientId: 'pi-1', keepaliveS: 60, onNotice, ...options })
    })
    const message = await noticed
    await transport.close()
    return message
  }

  it('connects by address and by name when it knows the CA', async () => {
    await start()
    await connect({ ca })
    await connect({ ca, url: `mqtts://localhost:${broker.tlsPort}` })
  })

  it('connects by a client certificate', async () => {
    await start({ clientCa: ca })
    await connect({ ca, ...bytes(await authority.issueClient('pi-1')) })
  })

  it('says that it does not know the CA, and which setting names it', async () => {
    await start()
    expect(await failure()).to.match(/CA that is not known here: set mqtt\.caFile/)
  })

  it('says that the certificate is for another name', async () => {
    await start({}, ['broker.test'])
    expect(await failure({ ca })).to.match(/a certificate for other names/)
  })

  it('says that a client certificate is wanted', async () => {
    await start({ clientCa: ca })
    expect(await failure({ ca })).to.match(/wants a client certificate.* mqtt\.certFile/)
  })
})
