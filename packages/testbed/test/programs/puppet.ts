// A daemon that does what the test tells it over TCP: puppet PORT VERB. As `broker` it is a real one.
import { createConnection } from 'node:net'
import { createInterface } from 'node:readline'

const [port, verb] = process.argv.slice(2)
const settings = JSON.parse(process.env.NODE_CONFIG!)
const name: string = verb === 'device' ? settings.device.id : verb

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
  if (does === 'go-deaf') process.stdin.removeAllListeners('end')
  if (does === 'announce') await announce(argument)
  test.write('done\n')
}

async function announce(session: number): Promise<void> {
  const { announceDevice } = await import('../announce-device.ts')
  await announceDevice(settings.mqtt, name, session)
}

async function serve(): Promise<void> {
  const { brokerOptions } = await import('../broker-options.ts')
  const { startBroker } = await import('@cocoi/broker')
  const { port } = await startBroker(brokerOptions(settings.broker.port, settings.mqtt.base))
  process.stdout.write(`ready ${JSON.stringify({ port })}\n`)
}
