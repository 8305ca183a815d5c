import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { AccessFolder, type Examination, setUpAccess } from '@cocoi/cli'
import { encodeDeviceHealth, encodeStatus, topics } from '@cocoi/protocol'
import { version } from '@cocoi/service'
import { connectMqtt, type Transport, whenConnected } from '@cocoi/transport'
import { expect } from 'chai'
import { CocoiProcess, cocoi, endProcesses } from './cocoi-process.ts'
import { newFolder, removeFolders } from './temporary-folder.ts'

interface Visit {
  readonly args?: readonly string[]
  readonly environment?: Record<string, string>
  readonly workingFolder?: string
}

interface Diagnosis extends Examination {
  readonly code: number | null
  /** What was found of each check: `ok`, or the first that is not. */
  readonly of: Record<string, string>
  readonly messages: string
}

async function doctor({ args = [], environment = {}, workingFolder }: Visit): Promise<Diagnosis> {
  const options = { workingFolder: workingFolder ?? newFolder(), environment }
  const { code, stdout, stderr } = await cocoi(['doctor', '--json', ...args], options)
  if (stdout === '') throw new Error(stderr)
  const examination = JSON.parse(stdout) as Examination
  const found = [...examination.findings].sort(({ severity }) => (severity === 'ok' ? -1 : 1))
  const of = Object.fromEntries(found.map(({ check, severity }) => [check, severity]))
  const messages = examination.findings.map(({ message, fix }) => `${message}; ${fix}`).join('\n')
  return { ...examination, code, of, messages }
}

describe('cocoi doctor', () => {
  afterEach(endProcesses)
  after(removeFolders)

  it('says what a wrong flag is, with exit code 2', async () => {
    const workingFolder = newFolder()
    const { code, stderr } = await cocoi(['doctor', '--broker', 'http://x'], { workingFolder })
    expect(code, stderr).to.equal(2)
    expect(stderr).to.include('mqtt.url is "http://x" in the command line')
  })

  it('finds wrong settings, and where they stand', async () => {
    const { code, of, messages } = await doctor({ environment: { COCOI_LOG_LEVEL: 'loud' } })
    expect({ code, settings: of.settings }).to.deep.equal({ code: 1, settings: 'failure' })
    expect(messages).to.include('log.level is "loud" in COCOI_LOG_LEVEL')
  })

  it('tells an unknown name from a port on which nobody listens', async () => {
    const nameless = await doctor({ args: ['--broker', 'mqtt://no-such-host.invalid'] })
    expect(nameless.code).to.equal(1)
    expect(nameless.of)
      .to.include({ 'broker name': 'failure' })
      .and.not.have.property('broker port')
    const port = await doctor({ args: ['--broker', 'mqtt://127.0.0.1:1'] })
    expect(port.code).to.equal(1)
    expect(port.of).to.include({ 'broker name': 'ok', 'broker port': 'failure' })
    expect(port.of).not.to.have.property('login')
  })

  describe('where nobody needs a password', () => {
    let url: string
    let environment: Record<string, string>

    async function start(limits: Record<string, string> = {}): Promise<void> {
      const broker = new CocoiProcess(['broker'], {
        workingFolder: newFolder(),
        environment: { COCOI_BROKER_PORT: '0', ...limits },
      })
      const [, ready] = await broker.says('stdout', /^ready (.*)$/m)
      url = `mqtt://127.0.0.1:${(JSON.parse(ready!) as { port: number }).port}`
      environment = { COCOI_MQTT_URL: url }
    }

    it('is content with a cluster that works, and measures the link', async () => {
      await start()
      const daemons = [['coordinator'], ['device', '--id', 'pi1']].map(
        args => new CocoiProcess(args, { workingFolder: newFolder(), environment }),
      )
      for (const daemon of daemons) await daemon.says('stdout', /^ready/m)
      const { code, of, messages, link } = await doctor({ environment })
      expect(code, messages).to.equal(0)
      expect(of).to.include({ settings: 'ok', onnxruntime: 'ok', login: 'ok', coordinator: 'ok' })
      expect(of).to.include({ devices: 'ok', versions: 'ok', clock: 'ok', 'message size': 'ok' })
      expect(messages).to.include('1 device at work: pi1').and.include('within')
      expect(link).to.include({ end: 'complete', largestBytes: 16 * 1024 * 1024 })
      expect(link!.bytesPerS).to.be.above(0)
    })

    it('goes on with the address of a broker cluster that answers, and warns of the other', async () => {
      await start()
      const { of, messages } = await doctor({ args: ['--broker', `mqtt://127.0.0.1:1, ${url}`] })
      expect(of).to.include({ 'broker port': 'warning', login: 'ok', 'message size': 'ok' })
      expect(messages).to.include('127.0.0.1 does not answer on port 1:')
      const neither = await doctor({ args: ['--broker', 'mqtt://127.0.0.1:1,mqtt://127.0.0.1:2'] })
      expect(neither.code).to.equal(1)
      expect(neither.of).to.include({ 'broker port': 'failure' }).and.not.have.property('login')
    })

    it('finds the largest message a broker lets through', async () => {
      await start({ COCOI_BROKER_MAX_PACKET_BYTES: '100000' })
      const { code, of, link } = await doctor({ environment })
      expect(code).to.equal(1)
      expect(of).to.include({ 'message size': 'failure', coordinator: 'failure' })
      expect(link).to.include({ largestBytes: 65536, end: 'connection lost' })
    })

    it('names a device whose clock, version and power are wrong, and one that is silent', async () => {
      await start()
      const pi7 = await impostor(url, 'pi7')
      await pi7.announce({ version: '0.0.1' })
      const stopBeating = pi7.beat({ aheadMs: 3_600_000, throttled: ['under-voltage'] })
      const pi8 = await impostor(url, 'pi8')
      await pi8.announce({ version })
      const { messages } = await doctor({ environment })
      stopBeating()
      await Promise.all([pi7.transport.close(), pi8.transport.close()])
      expect(messages).to.match(/clock of .* is 60 minutes/)
      expect(messages).to.include('but pi7 0.0.1')
      expect(messages).to.include('pi7: under-voltage now')
      expect(messages).to.match(/pi8 says it is online, but has sent no heartbeat/)
    })
  })

  describe('where everybody logs in over TLS', () => {
    let access: AccessFolder
    let url: string

    beforeEach(async () => {
      const workingFolder = newFolder()
      access = new AccessFolder(join(workingFolder, 'etc'))
      const people = { coordinator: 'main', devices: [], hosts: ['127.0.0.1'] }
      await setUpAccess(access, { ...people, tls: true, mutualTls: false, force: false })
      const environment = {
        NODE_CONFIG_DIR: access.folder,
        ...{
          COCOI_BROKER_PORT: '0',
          COCOI_BROKER_TLS_HOST: '127.0.0.1',
          COCOI_BROKER_TLS_PORT: '0',
        },
      }
      const broker = new CocoiProcess(['broker'], { workingFolder, environment })
      const [, ready] = await broker.says('stdout', /^ready (.*)$/m)
      url = `mqtts://127.0.0.1:${(JSON.parse(ready!) as { tlsPort: number }).tlsPort}`
    })

    const trusting = () => ['--broker', url, '--ca-file', access.ca.cert]
    const as = (user: string) => ['--user', user, '--password-file', access.secretOf(user)]

    it('tells a certificate it does not know from a login that is refused', async () => {
      const strange = await doctor({ args: ['--broker', url] })
      expect(strange.of).to.include({ 'broker port': 'ok', 'broker TLS': 'failure' })
      expect(strange.messages).to.include('set mqtt.caFile to the ca.crt of the broker')
      expect(strange.of).not.to.have.property('login')
      const nobody = await doctor({ args: trusting() })
      expect(nobody.of).to.include({ 'broker TLS': 'ok', login: 'failure' })
      expect(nobody.messages).to.include('there is no user name here')
      const password = join(newFolder(), 'password')
      writeFileSync(password, 'hunter2', { mode: 0o600 })
      const wrong = ['--user', 'sensor', '--password-file', password]
      const { of, messages } = await doctor({ args: [...trusting(), ...wrong] })
      expect(of).to.include({ login: 'failure' })
      expect(messages).to.include('refuses the user name or password').and.not.include('hunter2')
    })

    it('finds out the role of a user, and says what another role would need', async () => {
      const sensor = await doctor({ args: [...trusting(), ...as('sensor')] })
      expect(sensor.of).to.include({ login: 'ok', access: 'ok', 'message size': 'ok' })
      expect(sensor.messages).to.include('sensor may read what a sensor must')
      const role = ['--role', 'device']
      const { code, of, messages } = await doctor({
        args: [...trusting(), ...as('sensor'), ...role],
      })
      expect({ code, access: of.access }).to.deep.equal({ code: 1, access: 'failure' })
      expect(messages).to.include('not allowed to read cocoi/devices/sensor/subtasks')
    })

    it('logs in as the device that has joined, beside it, and leaves it alone', async () => {
      const workingFolder = newFolder()
      copyFileSync(access.joinToken, join(workingFolder, 'join-token'))
      const token = ['--join-token-file', 'join-token']
      const args = ['device', '--id', 'pi-1', ...trusting(), ...token]
      const device = new CocoiProcess(args, { workingFolder })
      await device.says('stdout', /^ready/m)
      const environment = { COCOI_DEVICE_ID: 'pi-1' }
      const { of, messages } = await doctor({ args: trusting(), environment, workingFolder })
      expect(of).to.include({ login: 'ok', access: 'ok', devices: 'ok', 'message size': 'ok' })
      expect(messages).to.include('pi-1 may read what a device must')
      const secret = join(workingFolder, '.cocoi', 'device', 'secret')
      expect(messages).not.to.include(readFileSync(secret, 'utf8').trim())
      const { stderr } = await device.stop()
      expect(stderr).not.to.include('disconnected')
    })

    it('does not join for a device, and says that it has not', async () => {
      const workingFolder = newFolder()
      mkdirSync(join(workingFolder, 'state'))
      const environment = {
        COCOI_DEVICE_STATE: 'state',
        COCOI_DEVICE_JOIN_TOKEN_FILE: access.joinToken,
      }
      const { of } = await doctor({ args: trusting(), environment, workingFolder })
      expect(of).to.include({ login: 'failure' })
      expect(readFileSync(access.users, 'utf8')).not.to.include('device')
    })
  })
})

/** Somebody who says what a device would say. */
async function impostor(url: string, device: string) {
  const transport: Transport = connectMqtt({ url, clientId: device, keepaliveS: 60 })
  await whenConnected(transport, 10_000)
  const known = topics()
  const session = Date.now()
  const announce = ({ version }: { version: string }) => {
    const since = new Date().toISOString()
    const payload = encodeStatus({ state: 'online', session, since, version })
    const options = { qos: 1, retain: true, timeoutMs: 10_000 } as const
    return transport.publish(known.deviceStatus({ device }), payload, options)
  }
  const beat = ({ aheadMs, throttled }: { aheadMs: number; throttled: string[] }) => {
    let seq = 0
    const timer = setInterval(() => {
      const payload = encodeDeviceHealth({
        ...{ session, seq: seq++, at: new Date(Date.now() + aheadMs).toISOString(), throttled },
        ...{ uptimeS: 1, eventLoopLagMs: 0, memory: { rssBytes: 1, freeBytes: 1e9 } },
        queue: { waiting: 0, running: 0 },
        subtasks: { done: 0, failed: 0, cancelled: 0, expired: 0 },
      })
      const options = { qos: 0, retain: true, timeoutMs: 10_000 } as const
      transport.publish(known.deviceHealth({ device }), payload, options).catch(() => {})
    }, 200)
    return () => clearInterval(timer)
  }
  return { transport, announce, beat }
}
