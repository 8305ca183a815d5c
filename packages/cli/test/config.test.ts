import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { cocoi, type Outcome } from './cocoi-process.ts'
import { newFolder, removeFolders } from './temporary-folder.ts'

interface Case {
  readonly args: readonly string[]
  /** Contents of `local.json5`. */
  readonly file?: string
  readonly environment?: Record<string, string>
}

function run({ args, file = '{}', environment = {} }: Case): Promise<Outcome> {
  const workingFolder = newFolder()
  mkdirSync(join(workingFolder, 'etc'))
  writeFileSync(join(workingFolder, 'etc', 'local.json5'), file)
  return cocoi(args, { workingFolder, environment: { NODE_CONFIG_DIR: 'etc', ...environment } })
}

type Settings = Record<string, { value: unknown; origin: string; from: string }>

async function settings(given: Case): Promise<Settings> {
  const { code, stdout, stderr } = await run({ ...given, args: [...given.args, '--json'] })
  expect({ code, stderr }).to.deep.equal({ code: 0, stderr: '' })
  return JSON.parse(stdout) as Settings
}

describe('cocoi config', () => {
  after(removeFolders)

  it('says of every setting whether a default, a file or the environment has the last word', async () => {
    const found = await settings({
      args: ['config'],
      file: '{ broker: { port: 1, maxConnections: 2, tls: { port: 3 } } }',
      environment: { NODE_CONFIG: '{"log":{"json":true}}', COCOI_BROKER_PORT: '4' },
    })
    expect(found['broker.host']).to.deep.include({ value: '127.0.0.1', origin: 'default' })
    expect(found['broker.maxConnections']).to.deep.include({ value: 2, origin: 'file' })
    expect(found['broker.tls.port']?.from).to.match(/etc\/local\.json5$/)
    expect(found['broker.port']).to.deep.equal({
      ...{ value: 4, origin: 'environment', from: 'COCOI_BROKER_PORT' },
    })
    expect(found['log.json']).to.deep.include({ value: true, origin: 'environment' })
    expect(found).to.include.keys('mqtt.url', 'coordinator.scheme', 'device.state')
  })

  it('shows one section, with units, in columns', async () => {
    const { stdout } = await run({ args: ['config', 'device'] })
    expect(stdout).to.match(/^device\.heartbeatMs +1000 +ms +default$/m)
    expect(stdout)
      .to.match(/^device\.id +"" +default$/m)
      .and.not.include('mqtt.')
  })

  it('shows what a daemon makes of its flags', async () => {
    const args = ['device', '--id', 'pi7', '--broker', 'mqtt://192.0.2.1', '--print-config']
    const { code, stdout } = await run({ args, file: "{ mqtt: { url: 'mqtt://other' } }" })
    expect(code).to.equal(0)
    expect(stdout).to.match(/^device\.id +pi7 +the command line$/m)
    expect(stdout).to.match(/^mqtt\.url +mqtt:\/\/192\.0\.2\.1 +the command line$/m)
  })

  it('shows the path of a secret and never what is in it', async () => {
    const secret = join(newFolder(), 'password')
    writeFileSync(secret, 'hunter2')
    const file = `{ mqtt: { username: 'me', passwordFile: ${JSON.stringify(secret)} } }`
    const { stdout } = await run({ args: ['config'], file })
    expect(stdout).to.include(secret).and.not.include('hunter2')
  })

  it('refuses wrong settings as a daemon does, without the password in them', async () => {
    for (const url of [
      'mqtt://me:hunter2@host',
      'mqtt://me:hunter2/x@host',
      'http://me:hunter2@h',
    ]) {
      const { code, stdout, stderr } = await run({
        args: ['config'],
        environment: { COCOI_MQTT_URL: url },
      })
      expect({ code, stdout }).to.deep.equal({ code: 2, stdout: '' })
      expect(stderr)
        .to.match(/^ERR_BAD_CONFIG: mqtt\.url is ".*…@/)
        .and.not.include('hunter2')
    }
  })
})
