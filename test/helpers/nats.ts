import { mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connectMqtt, whenConnected } from '@cocoi/transport'
import { BrokerProcess, isInstalled } from './broker-process.ts'
import { freePort } from './free-port.ts'

/** Why tests that need NATS must be skipped, or undefined if it is there. */
export function natsMissing(): string | undefined {
  if (isInstalled('nats-server')) return undefined
  return "there is no nats-server; install Debian's nats-server to run this test"
}

/** Nodes that elect a leader for everything that is stored may take this long. */
const electionMs = 30_000

/** NATS servers on loopback that are one MQTT broker; resolves when every node takes clients. */
export async function startNats(nodes: number): Promise<BrokerProcess[]> {
  const ports = await Promise.all(Array.from({ length: nodes }, freePorts))
  const started = await Promise.allSettled(ports.map((_, index) => startNode(ports, index)))
  const running = started.flatMap(one => (one.status === 'fulfilled' ? [one.value] : []))
  try {
    for (const one of started) if (one.status === 'rejected') throw one.reason
    await Promise.all(running.map(takesClients))
    return running
  } catch (error) {
    await Promise.all(running.map(one => one.stop()))
    throw error
  }
}

/** Ports of a node: for MQTT clients, and for the other nodes. */
interface NodePorts {
  readonly mqtt: number
  readonly cluster: number
}

async function freePorts(): Promise<NodePorts> {
  return { mqtt: await freePort(), cluster: await freePort() }
}

async function startNode(all: readonly NodePorts[], index: number): Promise<BrokerProcess> {
  const folder = await mkdtemp(join(tmpdir(), 'cocoi-nats-'))
  const config = join(folder, 'nats.conf')
  await writeFile(config, configuration(all, index, folder))
  return await BrokerProcess.start({
    ...{ program: 'nats-server', args: ['-c', config], port: all[index]!.mqtt, folder },
    ready: /Server is ready/,
  })
}

/**
 * What is stored is on every node, so that it is still there when one is killed. NATS clients are not
 * served: the port is any free one.
 */
function configuration(all: readonly NodePorts[], index: number, folder: string): string {
  const { mqtt, cluster } = all[index]!
  const routes = all.map(node => `nats://127.0.0.1:${node.cluster}`)
  const replicas = all.length > 1 ? `stream_replicas: ${all.length}` : ''
  return `
server_name: n${index + 1}
listen: '127.0.0.1:-1'
max_payload: 17MB
jetstream { store_dir: '${folder}' }
mqtt { listen: '127.0.0.1:${mqtt}', ${replicas} }
${all.length > 1 ? `cluster { name: cocoi, listen: '127.0.0.1:${cluster}', routes: ${JSON.stringify(routes)} }` : ''}
`
}

/** Resolves when the node has granted a client a subscription, which takes leaders of the cluster. */
export async function takesClients({ url, pid }: BrokerProcess): Promise<void> {
  const giveUpAt = performance.now() + electionMs
  const client = connectMqtt({ url, clientId: `ready-${pid}`, keepaliveS: 60 })
  try {
    await whenConnected(client, electionMs)
    for (let granted = false; !granted; ) {
      granted = await client
        .subscribe('ready', () => {}, { qos: 1 })
        .then(
          () => true,
          error => {
            if (performance.now() > giveUpAt) throw error
            return false
          },
        )
    }
  } finally {
    await client.close()
  }
}
