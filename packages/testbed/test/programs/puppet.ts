// A daemon that does what the test tells it over TCP: puppet PORT VERB. As `broker` it is a real one.
import { createConnection } from 'node:net'
import { createInterface } from 'node:readline'

const [port, verb] = process.argv.slice(2)
const settings = JSON.parse(process.env.NODE_CONFIG!)
const name: string = verb === 'device' ? settings.device.id : verb
const MIB = 1024 * 1024

process.stdin.on('end', () => process.exit(0)).resume()
process.on('SIGTERM', () => process.exit(0))

const test = createConnection(Number(port), '127.0.0.1')
test.write(`${JSON.stringify({ name, pid: process.pid, environment: process.env })}\n`)
createInterface({ input: test }).on('line', line => void obey(line))
if (verb === 'broker') await serve()

async function obey(line: string): Promise<void> {
  const { does, with: argument } = JSON.parse(line)
  if (does === 'say') process.stdout.write(`${argument}\n`)
  if (does === 'log') process.stderr.write(`${argument}\n`)
  if (does === 'exit') process.exit(argument)
  if (does === 'announce') await announce(argument)
}

async function announce(session: number): Promise<void> {
  const { encodeStatus, topics } = await import('@cocoi/protocol')
  const { connectMqtt, whenConnected } = await import('@cocoi/transport')
  const { url, base } = settings.mqtt
  const transport = connectMqtt({ url, clientId: name, keepaliveS: 60 })
  await whenConnected(transport, 20_000)
  const status = encodeStatus({ state: 'online', session, since: new Date().toISOString() })
  const topic = topics(base).deviceStatus({ device: name })
  await transport.publish(topic, status, { qos: 1, retain: true, timeoutMs: 20_000 })
  await transport.close()
}

async function serve(): Promise<void> {
  const { startBroker } = await import('@cocoi/broker')
  const broker = await startBroker({
    ...{ host: '127.0.0.1', port: settings.broker.port, anonymous: 'loopback' },
    base: settings.mqtt?.base ?? 'cocoi',
    limits: {
      maxPacketBytes: MIB,
      maxPacketBytesBeforeLogin: 8192,
      maxQueuedBytesPerClient: 32 * MIB,
      maxConnections: 50,
      maxSubscriptionsPerClient: 50,
      connectTimeoutMs: 20_000,
    },
  })
  process.stdout.write(`ready ${JSON.stringify({ port: broker.port })}\n`)
}
