import { startBroker } from '@cocoi/broker'
import { createProgram, explainFailure } from '@cocoi/cli'
import { encodeStatus, topics } from '@cocoi/protocol'
import { connectMqtt, whenConnected } from '@cocoi/transport'
import { expect } from 'chai'

const MIB = 2 ** 20

const limits = {
  ...{ maxPacketBytes: MIB, maxPacketBytesBeforeLogin: 8192, maxQueuedBytesPerClient: MIB },
  ...{ maxConnections: 8, maxSubscriptionsPerClient: 16, connectTimeoutMs: 10_000 },
}

async function run(...args: string[]): Promise<string> {
  try {
    await createProgram().parseAsync(['run', ...args], { from: 'user' })
  } catch (error) {
    return explainFailure(error, 'run').text
  }
  return ''
}

describe('cocoi run at a broker that is there', () => {
  it('refuses to interfere with a coordinator that is online', async () => {
    const base = 'cocoi'
    const options = { host: '127.0.0.1', port: 0, base, anonymous: 'loopback', limits } as const
    const broker = await startBroker(options)
    const url = `mqtt://127.0.0.1:${broker.port}`
    const coordinator = connectMqtt({ url, clientId: 'main-control', keepaliveS: 60 })
    await whenConnected(coordinator, 10_000)
    const status = { state: 'online', session: 1, since: new Date().toISOString() } as const
    const retained = { qos: 1, retain: true, timeoutMs: 10_000 } as const
    await coordinator.publish(topics().coordinatorStatus(), encodeStatus(status), retained)
    expect(await run('m.onnx', '--broker', url)).to.match(/^ERR_BROKER_IN_USE: a coordinator is/)
    const gone = encodeStatus({ ...status, state: 'stopped' })
    await coordinator.publish(topics().coordinatorStatus(), gone, retained)
    expect(await run('m.onnx', '--broker', url)).to.match(/^ERR_MODEL_FILE: /)
    await coordinator.close()
    await broker.close()
  })

  it('refuses an address that cannot be one', async () => {
    expect(await run('m.onnx', '--broker', 'localhost')).to.match(/^ERR_BAD_URL: /)
  })
})
