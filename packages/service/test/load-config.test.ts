import { join } from 'node:path'
import { builtInSettings } from '@cocoi/service'
import { expect } from 'chai'
import { run } from './run-program.ts'
import { folderWith, removeFolders } from './temporary-folder.ts'

interface Case {
  readonly section?: string
  readonly flags?: object
  readonly environment?: Record<string, string>
  readonly workingFolder?: string
}

function load({ section = 'broker', flags = {}, environment = {}, workingFolder }: Case = {}) {
  const programArguments = [section, JSON.stringify(flags)]
  const folder = workingFolder ?? folderWith()
  return run('print-config', { arguments: programArguments, environment, workingFolder: folder })
}

async function settings(given: Case): Promise<Record<string, unknown>> {
  const { code, stdout, stderr } = await load(given)
  expect(code, stderr).to.equal(0)
  return JSON.parse(stdout) as Record<string, unknown>
}

async function refusal(given: Case): Promise<string> {
  const { code, stdout, stderr } = await load(given)
  expect({ code, stdout }, stderr).to.deep.equal({ code: 2, stdout: '' })
  expect(stderr.trim().split('\n')).to.have.length(1)
  return stderr.trim()
}

const etc = (text: string, name = 'local.json5') => folderWith({ [name]: text })

describe('loadConfig', () => {
  after(removeFolders)

  it('gives the defaults in any working directory, and prints nothing else', async () => {
    const { stdout, stderr } = await load()
    expect(JSON.parse(stdout)).to.include({ host: '127.0.0.1', port: 1883, anonymous: 'loopback' })
    expect(stderr).to.equal('NODE_CONFIG_DIR is unset\n')
  })

  it('prefers flags to the environment, that to NODE_CONFIG, that to local files, those to defaults', async () => {
    const folder = etc("{ broker: { host: 'f', port: 1, maxConnections: 1, connectTimeoutMs: 1 } }")
    const environment = {
      NODE_CONFIG_DIR: folder,
      NODE_CONFIG: '{"broker":{"port":2,"maxConnections":2,"connectTimeoutMs":2}}',
      COCOI_BROKER_MAX_CONNECTIONS: '3',
      COCOI_BROKER_CONNECT_TIMEOUT_MS: '3',
    }
    const flags = { connectTimeoutMs: 4, host: undefined }
    expect(await settings({ flags, environment })).to.include({
      anonymous: 'loopback',
      host: 'f',
      port: 2,
      maxConnections: 3,
      connectTimeoutMs: 4,
    })
  })

  it('reads config in the working directory, unless NODE_CONFIG_DIR names other folders', async () => {
    const workingFolder = folderWith({
      'config/local.json5': '{ broker: { port: 7 } }',
      'etc/local.json5': '{ broker: { port: 8 } }',
    })
    expect(await settings({ workingFolder })).to.include({ port: 7 })
    const environment = { NODE_CONFIG_DIR: 'etc' }
    expect(await settings({ workingFolder, environment })).to.include({ port: 8 })
  })

  it('lets a later folder of NODE_CONFIG_DIR override an earlier one', async () => {
    const folders = [
      etc('{ broker: { port: 7, maxConnections: 7 } }'),
      etc('{ broker: { port: 8 } }'),
    ]
    const environment = { NODE_CONFIG_DIR: folders.join(':') }
    expect(await settings({ environment })).to.include({ port: 8, maxConnections: 7 })
  })

  it('lets no file of the user change settings that are handed over whole', async () => {
    const workingFolder = folderWith({ 'config/local.json5': '{ broker: { maxConnections: 7 } }' })
    const environment = {
      NODE_CONFIG: JSON.stringify(builtInSettings({ broker: { port: 0 } })),
      NODE_CONFIG_DIR: join(workingFolder, 'config'),
    }
    const { host, port, maxConnections } = await settings({ workingFolder, environment })
    expect([host, port, maxConnections]).to.deep.equal(['127.0.0.1', 0, 256])
  })

  it('converts texts of the environment and of flags by the type of the default', async () => {
    const environment = { COCOI_LOG_JSON: 'true', COCOI_DEVICE_STRETCH: '1.5' }
    expect(await settings({ section: 'log', environment })).to.include({ json: true })
    const flags = { maxCacheBytes: '2e9', id: '7' }
    expect(await settings({ section: 'device', environment, flags })).to.include({
      stretch: 1.5,
      maxCacheBytes: 2e9,
      id: '7',
    })
  })

  it('refuses a text that is no number instead of losing the key', async () => {
    const environment = { COCOI_BROKER_PORT: 'abc' }
    expect(await refusal({ environment })).to.equal(
      'ERR_BAD_CONFIG: broker.port is "abc" in COCOI_BROKER_PORT: expected number, received string',
    )
    const format = "{ broker: { port: { __name: 'PORT', __format: 'number' } } }"
    const NODE_CONFIG_DIR = etc(format, 'custom-environment-variables.json5')
    expect(await refusal({ environment: { NODE_CONFIG_DIR, PORT: 'abc' } })).to.include(
      'broker.port is "abc" in PORT',
    )
  })

  it('refuses a text that is neither true nor false', async () => {
    const environment = { COCOI_LOG_JSON: 'yes' }
    expect(await refusal({ section: 'log', environment })).to.include(
      'log.json is "yes" in COCOI_LOG_JSON: expected boolean',
    )
  })

  it('names an unknown key, where it stands, and the key it was meant for', async () => {
    const folder = etc('{ mqtt: { password: "secret" } }')
    const environment = { NODE_CONFIG_DIR: folder }
    const message = await refusal({ section: 'mqtt', environment })
    expect(message).to.equal(
      `ERR_BAD_CONFIG: mqtt.password in ${join(folder, 'local.json5')} is not a setting: ` +
        'did you mean mqtt.passwordFile?',
    )
    expect(await refusal({ flags: { prot: 1 } })).to.include(
      'broker.prot in the command line is not a setting: did you mean broker.port?',
    )
    expect(await refusal({ flags: { color: 'red' } })).to.include('known keys are host, port')
  })

  it('names an unknown section', async () => {
    const NODE_CONFIG_DIR = etc('{ brokr: { port: 1 } }')
    expect(await refusal({ environment: { NODE_CONFIG_DIR } })).to.match(
      /brokr in .*local\.json5 is not a setting: did you mean broker\?/,
    )
  })

  it('names an environment variable that sets nothing, and leaves those of others alone', async () => {
    expect(await refusal({ environment: { COCOI_BROKR_PORT: '1' } })).to.equal(
      'ERR_BAD_CONFIG: the environment variable COCOI_BROKR_PORT sets nothing: ' +
        'did you mean COCOI_BROKER_PORT?',
    )
    expect(await refusal({ environment: { COCOI_DEVICE_COLOUR: 'red' } })).to.include(
      'COCOI_DEVICE_COLOUR sets nothing',
    )
    expect(await settings({ environment: { COCOI_SLOW_TESTS: '1' } })).to.include({ port: 1883 })
  })

  it('looks at the wanted section only, so that one daemon runs beside mistakes of another', async () => {
    const NODE_CONFIG_DIR = etc('{ device: { stretch: "fast" } }')
    expect(await settings({ environment: { NODE_CONFIG_DIR } })).to.include({ port: 1883 })
  })

  it('counts further mistakes', async () => {
    const flags = { port: -1, maxConnections: 0 }
    expect(await refusal({ flags })).to.match(
      /broker\.port is -1 in the command line: .*\(and 1 more\)$/,
    )
  })

  it('refuses credentials in the URL of the broker without repeating them', async () => {
    const environment = { COCOI_MQTT_URL: 'mqtt://me:hunter2@host:1883' }
    const message = await refusal({ section: 'mqtt', environment })
    expect(message).to.include('mqtt.passwordFile').and.not.include('hunter2')
  })

  it('takes several brokers, and looks at each of them', async () => {
    const url = 'mqtt://a:1883, wss://b/mqtt'
    const several = { section: 'mqtt', environment: { COCOI_MQTT_URL: url } }
    expect(await settings(several)).to.include({ url })
    for (const wrong of ['mqtt://a,b', 'mqtt://a,', 'mqtt://a,mqtt://me:hunter2@b']) {
      const message = await refusal({ section: 'mqtt', environment: { COCOI_MQTT_URL: wrong } })
      expect(message).to.include('mqtt.url').and.not.include('hunter2')
    }
  })

  it('refuses settings that need each other when one is missing', async () => {
    const flags = { passwordFile: '/etc/cocoi/password' }
    expect(await refusal({ section: 'mqtt', flags })).to.include('set mqtt.username too')
    const half = { certFile: 'a.pem' }
    expect(await refusal({ section: 'mqtt', flags: half })).to.include('both mqtt.certFile and')
  })

  it('refuses times that no timer can hold', async () => {
    const flags = { deadlineMs: 2 ** 31 }
    expect(await refusal({ section: 'coordinator', flags })).to.include('coordinator.deadlineMs')
  })

  it('refuses a file that is malformed', async () => {
    const NODE_CONFIG_DIR = etc('{ broker: ')
    expect(await refusal({ environment: { NODE_CONFIG_DIR } })).to.match(
      /Cannot parse config file: .*local\.json5/,
    )
  })

  it('refuses a file that cannot be read', async () => {
    const NODE_CONFIG_DIR = folderWith({ 'local.json5/file': 'a folder in the place of a file' })
    expect(await refusal({ environment: { NODE_CONFIG_DIR } })).to.match(
      /local\.json5 cannot be read\. Error code is: EISDIR/,
    )
  })

  it('refuses a folder that is missing or a file', async () => {
    expect(await refusal({ environment: { NODE_CONFIG_DIR: '/nowhere' } })).to.match(
      /the folder \/nowhere of settings cannot be read: .*correct NODE_CONFIG_DIR/,
    )
    const file = join(etc('{}'), 'local.json5')
    expect(await refusal({ environment: { NODE_CONFIG_DIR: file } })).to.include('not a folder')
  })

  it('refuses NODE_CONFIG that is no JSON object', async () => {
    expect(await refusal({ environment: { NODE_CONFIG: '{broker' } })).to.include('is not JSON')
    expect(await refusal({ environment: { NODE_CONFIG: '7' } })).to.include('must be a JSON object')
  })

  it('reads the files of NODE_CONFIG_ENV and refuses one that has none', async () => {
    const NODE_CONFIG_DIR = etc('{ broker: { port: 9 } }', 'garage.json5')
    const environment = { NODE_CONFIG_DIR, NODE_CONFIG_ENV: 'garage' }
    expect(await settings({ environment })).to.include({ port: 9 })
    expect(await refusal({ environment: { NODE_CONFIG_ENV: 'garag' } })).to.include('garag.json5')
    expect(await settings({ environment: { NODE_ENV: 'production' } })).to.include({ port: 1883 })
  })
})
