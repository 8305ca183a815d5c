import { X509Certificate } from 'node:crypto'
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { readUsers } from '@cocoi/broker'
import { AccessFolder, addUser, type SetupOptions, type SetupReport, setUpAccess } from '@cocoi/cli'
import { expect } from 'chai'
import { cocoi } from './cocoi-process.ts'
import { newFolder, removeFolders } from './temporary-folder.ts'

/** Every file below the folder with its text. */
function filesOf(folder: string): Record<string, string> {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  const files = names.filter(name => statSync(join(folder, name)).isFile())
  return Object.fromEntries(files.map(name => [name, readFileSync(join(folder, name), 'utf8')]))
}

describe('cocoi init', () => {
  let workingFolder: string
  let folder: string

  beforeEach(() => {
    workingFolder = newFolder()
    folder = join(workingFolder, '.cocoi', 'config')
  })
  after(removeFolders)

  async function init(...flags: string[]): Promise<string> {
    const { code, stdout, stderr } = await cocoi(['init', ...flags], { workingFolder })
    expect({ code, stderr }).to.deep.equal({ code: 0, stderr: '' })
    return stdout
  }

  /** What the command does once it has read its flags. */
  function setUp(options: Partial<SetupOptions> = {}): Promise<SetupReport> {
    return setUpAccess(new AccessFolder(folder), {
      ...{ tls: false, mutualTls: false, hosts: ['localhost'], devices: [] },
      ...{ coordinator: 'main', force: false, ...options },
    })
  }

  it('makes users, passwords, a token and settings that only their owner may read', async () => {
    await setUp()
    const files = filesOf(folder)
    expect(Object.keys(files)).to.have.members([
      ...['users', 'join-token', 'local.json5'],
      ...['secrets/main', 'secrets/sensor', 'secrets/viewer'],
    ])
    for (const name of Object.keys(files)) {
      expect(statSync(join(folder, name)).mode & 0o777, name).to.equal(0o600)
    }
    const users = [...readUsers(join(folder, 'users')).values()]
    expect(users.map(({ name, role }) => `${name} ${role}`)).to.deep.equal([
      ...['main coordinator', 'sensor sensor', 'viewer viewer'],
    ])
    for (const { credential } of users) expect(credential).to.match(/^\$scrypt\$ln=15,r=8,p=1\$/)
  })

  it('shows the join token and no other secret', async () => {
    const stdout = await init('--tls', '--device', 'pi-1', '--host', 'broker.test')
    const files = filesOf(folder)
    const token = files['join-token']!.trim()
    expect(stdout.split('\n')).to.include(token)
    for (const name of ['main', 'sensor', 'viewer', 'pi-1']) {
      expect(stdout).not.to.include(files[`secrets/${name}`]!.trim())
    }
    expect(stdout).not.to.include('PRIVATE KEY').and.not.include('$scrypt$')
    const server = new X509Certificate(files['tls/server.crt']!)
    for (const host of ['broker.test', 'localhost']) {
      expect(server.checkHost(host), host).to.equal(host)
    }
    expect(server.checkIP('127.0.0.1')).to.equal('127.0.0.1')
  })

  it('leaves everything as it is when it is run again, and makes what is missing', async () => {
    await setUp()
    const before = filesOf(folder)
    expect(await init()).to.include('left as they were')
    expect(filesOf(folder)).to.deep.equal(before)
    await setUp({ tls: true, devices: ['pi-1'] })
    const { users, ...after } = filesOf(folder)
    const { users: formerUsers, ...former } = before
    expect(after).to.include(former)
    expect(users).to.match(new RegExp(`^${escaped(formerUsers!)}pi-1:device:\\$sha256\\$.*\n$`))
    expect(Object.keys(after)).to.include('tls/clients/main.crt').and.include('tls/server.crt')
  })

  it('does not overwrite settings that somebody has written, and says what they need', async () => {
    await setUp()
    writeFileSync(join(folder, 'local.json5'), '{ log: { level: "debug" } }')
    const stdout = await init('--tls')
    expect(stdout)
      .to.match(/local\.json5 was there/)
      .and.match(/certFile: ".*server\.crt"/)
    expect(filesOf(folder)['local.json5']).to.equal('{ log: { level: "debug" } }')
  })

  it('makes everything anew when forced, except other users', async () => {
    await setUp({ tls: true })
    const proof = { kind: 'generated' } as const
    await addUser(new AccessFolder(folder), { name: 'pi-1', role: 'device', proof })
    const before = filesOf(folder)
    await setUp({ tls: true, force: true })
    const after = filesOf(folder)
    expect(Object.keys(after)).to.have.members(Object.keys(before))
    const same = Object.keys(after).filter(name => after[name] === before[name])
    expect(same).to.have.members(['local.json5', 'secrets/pi-1'])
    expect(readUsers(join(folder, 'users')).get('pi-1')).to.include({ role: 'device' })
  })

  it('makes a CA, and certificates for every user', async () => {
    await setUp({ tls: true, devices: ['pi-1'] })
    const certificate = (name: string) =>
      new X509Certificate(readFileSync(join(folder, 'tls', `${name}.crt`)))
    const ca = certificate('ca')
    expect(ca.ca).to.equal(true)
    for (const name of ['main', 'sensor', 'viewer', 'pi-1']) {
      const client = certificate(`clients/${name}`)
      expect(client.subject).to.equal(`CN=${name}`)
      expect(client.checkIssued(ca) && client.verify(ca.publicKey)).to.equal(true)
    }
    for (const key of ['ca.key', 'server.key', 'clients/pi-1.key']) {
      expect(statSync(join(folder, 'tls', key)).mode & 0o777, key).to.equal(0o600)
    }
  })

  it('asks for client certificates with --mtls', async () => {
    expect(await init('--mtls')).to.include('--cert-file NAME.crt')
    expect(filesOf(folder)['local.json5']).to.match(/^ *clientCaFile: ".*ca\.crt"/m)
  })

  it('puts everything where --folder says, and refuses a device name it could not use', async () => {
    folder = newFolder()
    const flags = ['--folder', folder, '--device', '../pi']
    const { code, stderr } = await cocoi(['init', ...flags], { workingFolder })
    expect(Object.keys(filesOf(folder))).to.include('users')
    expect(code).to.equal(2)
    expect(stderr).to.match(/^ERR_BAD_USER: the user name "\.\.\/pi" must be/)
  })
})

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&')
}
