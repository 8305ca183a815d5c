import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { BrokerError, PasswordChecker, parseCredential, readUsers } from '@cocoi/broker'
import { AccessFolder, addUser, changePassword, removeUser, setUpAccess } from '@cocoi/cli'
import { expect } from 'chai'
import { cocoi, type Outcome } from './cocoi-process.ts'
import { newFolder, removeFolders } from './temporary-folder.ts'

describe('cocoi users', () => {
  let workingFolder: string
  let folder: string
  let access: AccessFolder

  before(async () => {
    workingFolder = newFolder()
    folder = join(workingFolder, '.cocoi', 'config')
    access = new AccessFolder(folder)
    const people = { coordinator: 'main', devices: [], hosts: ['localhost'] }
    await setUpAccess(access, { ...people, tls: true, mutualTls: false, force: false })
  })
  after(removeFolders)

  const users = (args: string[], input = ''): Promise<Outcome> =>
    cocoi(['users', ...args], { workingFolder, input })
  const credentialOf = (name: string) =>
    parseCredential(readUsers(join(folder, 'users')).get(name)?.credential ?? '')
  const read = (name: string) => readFileSync(join(folder, name), 'utf8').trim()

  async function opens(name: string, password: string): Promise<boolean> {
    const credential = credentialOf(name)
    if (credential?.kind !== 'password') return false
    return new PasswordChecker().matches(Buffer.from(password), credential)
  }

  it('adds a user with a password in a file and a certificate', async () => {
    const { code, stdout } = await users(['add', 'cam', '--role', 'sensor'])
    expect(code).to.equal(0)
    expect(stdout)
      .to.include(join(folder, 'secrets', 'cam'))
      .and.include('clients/cam.crt')
    const password = read('secrets/cam')
    expect(stdout).not.to.include(password)
    expect(await opens('cam', password)).to.equal(true)
  })

  it('takes a password from stdin, and keeps no file of it', async () => {
    const { code } = await users(['passwd', 'cam', '--stdin'], 'open sesame\nnot this\n')
    expect(code).to.equal(0)
    expect(await opens('cam', 'open sesame')).to.equal(true)
    expect(existsSync(join(folder, 'secrets', 'cam'))).to.equal(false)
  })

  it('lists users and how they log in, without anything of their credentials', async () => {
    await addUser(access, { name: 'pi-1', role: 'device', proof: { kind: 'generated' } })
    await addUser(access, { name: 'pi-2', role: 'device', proof: { kind: 'certificate' } })
    expect(credentialOf('pi-1')?.kind).to.equal('secret')
    const { stdout } = await users(['list'])
    expect(stdout)
      .to.match(/pi-1 +device +secret\n/)
      .and.match(/pi-2 +device +certificate only\n/)
    expect(stdout).not.to.include('$')
  })

  it('removes a user with its files, and after a device replaces the join token', async () => {
    const token = read('join-token')
    await removeUser(access, 'cam')
    expect(read('join-token')).to.equal(token)
    const { stdout } = await users(['remove', 'pi-1'])
    expect(stdout).to.include('the join token is replaced')
    expect(read('join-token')).not.to.equal(token)
    expect(readUsers(access.users).has('pi-1')).to.equal(false)
    for (const file of ['secrets/pi-1', 'tls/clients/pi-1.crt', 'tls/clients/pi-1.key']) {
      expect(existsSync(join(folder, file)), file).to.equal(false)
    }
  })

  it('shows a new join token when asked', async () => {
    const former = read('join-token')
    const { stdout } = await users(['token', '--new'])
    expect(stdout).to.match(/^cocoi-join-[A-Za-z0-9_-]{43}\n$/)
    expect(stdout.trim()).to.equal(read('join-token')).and.not.equal(former)
  })

  for (const [args, input, message] of [
    [['add', 'main', '--role', 'viewer'], '', /^ERR_USER_EXISTS: main exists: .*passwd main/],
    [['add', 'x', '--role', 'root'], '', /device, coordinator, sensor, viewer/],
    [['add', 'x', '--role', 'viewer', '--stdin'], 'short', /^ERR_BAD_PASSWORD: .*at least 8/],
    [['list', '--folder', '/nowhere'], '', /^ERR_NOT_INITIALISED: \/nowhere\/users .*cocoi init/],
  ] as const) {
    it(`says why not: ${args.join(' ')}`, async () => {
      const { code, stderr } = await users([...args], input)
      expect(code).to.equal(2)
      expect(stderr).to.match(message)
    })
  }

  it('changes nothing for a name that no user has, or that leads elsewhere', async () => {
    const before = readFileSync(access.users, 'utf8')
    const proof = { kind: 'generated' } as const
    for (const name of ['eve', '../users', '']) {
      for (const work of [
        () => removeUser(access, name),
        () => changePassword(access, name, { role: 'sensor', proof }),
      ]) {
        const error = await work().catch((reason: unknown) => reason)
        expect(error, name).to.be.instanceOf(BrokerError).and.include({ code: 'ERR_UNKNOWN_USER' })
      }
    }
    const error = await addUser(access, { name: '../x', role: 'sensor', proof }).catch(String)
    expect(error).to.include('user name')
    expect(readFileSync(access.users, 'utf8')).to.equal(before)
  })
})
