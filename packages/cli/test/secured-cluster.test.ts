import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { readUsers } from '@cocoi/broker'
import { AccessFolder, removeUser, setUpAccess } from '@cocoi/cli'
import { connectClient } from '@cocoi/client'
import { topics } from '@cocoi/protocol'
import { connectMqtt, whenConnected } from '@cocoi/transport'
import { expect } from 'chai'
import { CocoiProcess, cocoi, endProcesses, type Outcome } from './cocoi-process.ts'
import { newFolder, removeFolders } from './temporary-folder.ts'

describe('a cluster set up by cocoi init', () => {
  let workingFolder: string
  let access: AccessFolder
  let broker: CocoiProcess
  let ports: { port: number; tlsPort: number }
  const environment = () => ({
    NODE_CONFIG_DIR: access.folder,
    COCOI_LOG_LEVEL: 'debug',
    COCOI_BROKER_PORT: '0',
    COCOI_BROKER_TLS_HOST: '127.0.0.1',
    COCOI_BROKER_TLS_PORT: '0',
  })

  beforeEach(async () => {
    workingFolder = newFolder()
    access = new AccessFolder(join(workingFolder, 'etc'))
    const people = { coordinator: 'main', devices: [], hosts: ['127.0.0.1'] }
    await setUpAccess(access, { ...people, tls: true, mutualTls: false, force: false })
    broker = new CocoiProcess(['broker'], { workingFolder, environment: environment() })
    const [, ready] = await broker.says('stdout', /^ready (.*)$/m)
    ports = JSON.parse(ready!)
  })
  afterEach(endProcesses)
  after(removeFolders)

  const secret = (name: string) => readFileSync(access.secretOf(name), 'utf8').trim()
  const ca = () => readFileSync(access.ca.cert)

  /** A device on a machine of its own, which has the token and the CA and nothing else. */
  function device(id: string): CocoiProcess {
    const folder = join(workingFolder, id)
    if (!existsSync(folder)) {
      mkdirSync(folder)
      copyFileSync(access.ca.cert, join(folder, 'ca.crt'))
      copyFileSync(access.joinToken, join(folder, 'join-token'))
      chmodSync(join(folder, 'join-token'), 0o600)
    }
    const url = `mqtts://127.0.0.1:${ports.tlsPort}`
    const files = ['--ca-file', 'ca.crt', '--join-token-file', 'join-token']
    return new CocoiProcess(['device', '--id', id, '--broker', url, ...files], {
      workingFolder: folder,
      environment: { COCOI_LOG_LEVEL: 'debug' },
    })
  }

  function coordinator(): CocoiProcess {
    const url = `mqtt://127.0.0.1:${ports.port}`
    const options = { workingFolder, environment: environment() }
    return new CocoiProcess(['coordinator', '--broker', url], options)
  }

  it('lets a device join over TLS with the token, and come back without it', async () => {
    const first = device('pi-1')
    await first.says('stdout', /^ready/m)
    await broker.says('stderr', /a device has joined device=pi-1/)
    await first.stop()
    rmSync(join(workingFolder, 'pi-1', 'join-token'))
    const second = device('pi-1')
    await second.says('stdout', /^ready/m)
    await second.stop()
  })

  it('cuts off a device that is removed, and does not let it in again', async () => {
    const pi = device('pi-1')
    await pi.says('stdout', /^ready/m)
    await removeUser(access, 'pi-1')
    broker.child.kill('SIGHUP')
    await broker.says('stderr', /users have changed users=pi-1/)
    await pi.says('stderr', /refuses the user name or password/)
    await pi.stop()
  })

  it('serves a sensor, and shows no secret in a log, an answer, a topic or the process list', async () => {
    const daemons = [broker, coordinator(), device('pi-1')]
    for (const daemon of daemons) await daemon.says('stdout', /^ready/m)
    const wrong = ['hunter2-as-password', 'hunter2-as-name']
    await refusedLogin({ username: 'sensor', password: wrong[0]!, clientId: 'sensor' })
    await refusedLogin({ username: wrong[1]!, password: 'x', clientId: 'y' })
    const seen = await readableTopics()
    const answer = await answerToSensor()
    expect(answer).to.include('ERR_UNKNOWN_MODEL')
    const processes = daemons.map(({ child }) =>
      ['cmdline', 'environ'].map(file => readFileSync(`/proc/${child.pid}/${file}`, 'utf8')).join(),
    )
    const outputs: Outcome[] = []
    for (const daemon of daemons.reverse()) outputs.push(await daemon.stop())
    const texts = [...processes, ...seen, answer, JSON.stringify(outputs)].join('\n')
    expect(texts).to.include('pi-1').and.include('wrong user name or password')
    for (const text of [...secrets(), ...wrong]) expect(texts).not.to.include(text)
  })

  for (const [what, spoil, message] of [
    [
      'whose users file others may read',
      (folder: AccessFolder) => chmodSync(folder.users, 0o644),
      /the users file .* may be read by others \(mode 0644\): run chmod 600/,
    ],
    [
      'whose key others may read',
      (folder: AccessFolder) => chmodSync(folder.server.key, 0o640),
      /broker\.tls cannot be used: .*server\.key may be read by others/,
    ],
    [
      'whose users file is damaged',
      (folder: AccessFolder) => writeFileSync(folder.users, 'main:coordinator:hunter2\n'),
      /users line 1: the credential of main cannot be read/,
    ],
  ] as const) {
    it(`does not start a broker ${what}, and exits as for wrong settings`, async () => {
      await broker.stop()
      spoil(access)
      const options = { workingFolder, environment: environment() }
      const { code, stderr } = await cocoi(['broker'], options)
      expect(code, stderr).to.equal(2)
      expect(stderr).to.match(message).and.not.include('hunter2')
    })
  }

  it('does not start a broker beyond this machine without users', async () => {
    const { code, stderr } = await cocoi(['broker', '--host', '0.0.0.0', '--port', '0'], {
      workingFolder,
    })
    expect(code).to.equal(2)
    expect(stderr).to.match(/does not listen on 0\.0\.0\.0 without users.*run cocoi init/)
  })

  it('lets a viewer watch the system with the client, but not ask', async () => {
    const url = `mqtts://127.0.0.1:${ports.tlsPort}`
    const login = { username: 'viewer', password: secret('viewer') }
    const client = await connectClient({ url, ca: ca(), id: 'viewer', ...login })
    try {
      const pi = device('pi-1')
      await new Promise<void>(resolve => {
        void client.watch.devices(({ device }) => device === 'pi-1' && resolve())
      })
      await pi.stop()
      const refusal = await client.infer('any', { image: new Uint8Array(10) }).catch(error => error)
      expect(refusal).to.include({ code: 'ERR_SUBSCRIBE_REFUSED' })
    } finally {
      await client.close()
    }
  })

  /** Everything secret there is. */
  function secrets(): string[] {
    const files = [
      ...['main', 'sensor', 'viewer'].map(name => access.secretOf(name)),
      ...[access.joinToken, join(workingFolder, 'pi-1', '.cocoi', 'device', 'secret')],
    ]
    const keys = [access.ca.key, access.server.key].map(path => readFileSync(path, 'utf8'))
    const hashes = [...readUsers(access.users).values()].map(({ credential }) => credential)
    const texts = files.map(path => readFileSync(path, 'utf8').trim())
    return [...texts, ...hashes, ...keys.map(text => text.split('\n')[1]!)]
  }

  async function refusedLogin(login: {
    username: string
    password: string
    clientId: string
  }): Promise<void> {
    const url = `mqtt://127.0.0.1:${ports.port}`
    const transport = connectMqtt({ url, keepaliveS: 60, ...login })
    const error = await whenConnected(transport, 10_000).catch((reason: unknown) => reason)
    await transport.close()
    expect(error).to.include({ code: 'ERR_NOT_AUTHORIZED' })
  }

  /** What a viewer sees: topics and payloads. */
  async function readableTopics(): Promise<string[]> {
    const url = `mqtts://127.0.0.1:${ports.tlsPort}`
    const login = { username: 'viewer', password: secret('viewer') }
    const transport = connectMqtt({ url, ca: ca(), clientId: 'viewer', keepaliveS: 60, ...login })
    await whenConnected(transport, 10_000)
    const seen: string[] = []
    const isComplete = new Promise<void>(resolve => {
      const handler = (topic: string, payload: Uint8Array) => {
        seen.push(topic, Buffer.from(payload).toString())
        if (seen.includes('cocoi/devices/pi-1/health')) resolve()
      }
      const { filters } = topics()
      for (const kind of ['deviceStatus', 'coordinatorStatus', 'events', 'deviceHealth'] as const) {
        for (const filter of filters(kind)) void transport.subscribe(filter, handler)
      }
    })
    await isComplete
    await transport.close()
    return seen
  }

  async function answerToSensor(): Promise<string> {
    const url = `mqtts://127.0.0.1:${ports.tlsPort}`
    const login = { username: 'sensor', password: secret('sensor') }
    const client = await connectClient({ url, ca: ca(), id: 'sensor', ...login })
    try {
      const input = { image: new Uint8Array(10) }
      return await client.infer('unknown', input).then(JSON.stringify, describeError)
    } finally {
      await client.close()
    }
  }
})

function describeError(error: unknown): string {
  return error instanceof Error && 'code' in error ? `${error.code} ${error.message}` : `${error}`
}
