import { scryptSync } from 'node:crypto'
import { chmodSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Accounts, readUsers, secretCredential, USERS_HEADER } from '@cocoi/broker'
import { joinPassword, newJoinToken, newSecret } from '@cocoi/service'
import { expect } from 'chai'
import { rejection } from './rejection.ts'
import { folderWith, removeFolders } from './temporary-folder.ts'

const ADDRESS = '192.0.2.7'
const PASSWORD = 'open sesame'
const TOKEN = newJoinToken()

/** Of scrypt at a thirty-second of the usual cost, which the broker then also spends on unknown names. */
function cheapCredential(password: string): string {
  const salt = Buffer.from('salt of the test')
  const hash = scryptSync(password, salt, 32, { N: 2 ** 10, r: 8, p: 1 })
  const [salt64, hash64] = [salt, hash].map(bytes => bytes.toString('base64').replace(/=+$/, ''))
  return `$scrypt$ln=10,r=8,p=1$${salt64}$${hash64}`
}

describe('Accounts', () => {
  let usersFile: string
  let joinTokenFile: string
  let accounts: Accounts
  let now: number
  let line: string
  const told: string[] = []

  before(() => {
    line = `cam:sensor:${cheapCredential(PASSWORD)}\n`
  })
  beforeEach(() => {
    const folder = folderWith({ users: USERS_HEADER + line, 'join-token': `${TOKEN}\n` })
    usersFile = join(folder, 'users')
    joinTokenFile = join(folder, 'join-token')
    now = 0
    told.length = 0
    accounts = new Accounts({
      ...{ usersFile, joinTokenFile, now: () => now },
      onChange: names => told.push(...[...names].map(name => `${name} changed`)),
      onJoin: device => told.push(`${device} joined`),
    })
  })
  after(removeFolders)

  const login = (username: string, password: string, address = ADDRESS) =>
    accounts.authenticate({ username, password: Buffer.from(password), address, certified: false })

  async function failedLogins(count: number, name = 'eve', address = ADDRESS): Promise<void> {
    for (let i = 0; i < count; i += 1) expect(await login(name, 'x', address)).to.equal(undefined)
  }

  it('knows a user by the password', async () => {
    expect(await login('cam', PASSWORD)).to.deep.equal({ role: 'sensor', id: 'cam' })
    expect(await login('cam', PASSWORD)).to.deep.equal({ role: 'sensor', id: 'cam' })
    for (const wrong of ['', 'open sesam', line.split(':')[2]!.trim()]) {
      expect(await login('cam', wrong), wrong).to.equal(undefined)
    }
  })

  it('knows nobody by a name that does not exist', async () => {
    for (const name of ['', 'eve', 'Cam', '__proto__', 'constructor']) {
      expect(await login(name, PASSWORD), name).to.equal(undefined)
    }
  })

  it('sees a changed file at the next login, and tells whose connections are no longer right', async () => {
    await login('cam', PASSWORD)
    writeFileSync(usersFile, line.replace('sensor', 'viewer'))
    expect(await login('cam', PASSWORD)).to.deep.equal({ role: 'viewer', id: 'cam' })
    writeFileSync(usersFile, USERS_HEADER)
    expect(await login('cam', PASSWORD)).to.equal(undefined)
    expect(told).to.deep.equal(['cam changed', 'cam changed'])
  })

  it('lets nobody in while others may read the file or it is damaged or gone', async () => {
    chmodSync(usersFile, 0o644)
    await rejection('ERR_BAD_USERS', () => login('cam', PASSWORD))
    chmodSync(usersFile, 0o600)
    expect(await login('cam', PASSWORD)).not.to.equal(undefined)
    writeFileSync(usersFile, 'cam\n')
    await rejection('ERR_BAD_USERS', () => login('cam', PASSWORD))
    rmSync(usersFile)
    await rejection('ERR_BAD_USERS', () => login('cam', PASSWORD))
  })

  it('knows a certified client by its name, if it is a user', async () => {
    const certified = { password: new Uint8Array(), address: ADDRESS, certified: true }
    const cam = await accounts.authenticate({ username: 'cam', ...certified })
    expect(cam).to.deep.equal({ role: 'sensor', id: 'cam' })
    expect(await accounts.authenticate({ username: 'eve', ...certified })).to.equal(undefined)
  })

  it('lets nobody guess at a user who logs in by certificate only', async () => {
    writeFileSync(usersFile, 'cam:sensor:*\n')
    for (const guess of ['', '*']) expect(await login('cam', guess)).to.equal(undefined)
  })

  it('takes the password of one user from nobody else', async () => {
    const lines = `pi-1:device:${secretCredential(newSecret())}\nmain:coordinator:*\n`
    writeFileSync(usersFile, line + lines)
    for (const name of ['pi-1', 'main', 'eve']) {
      expect(await login(name, PASSWORD), name).to.equal(undefined)
    }
  })

  describe('guesses', () => {
    it('wait after ten failures from an address, twice as long each time', async () => {
      await failedLogins(10)
      const message = await rejection('ERR_TOO_MANY_LOGINS', () => login('cam', PASSWORD))
      expect(message).to.include('192.0.2.7; again in 1 s')
      now += 1000
      await failedLogins(1)
      now += 1000
      expect(await rejection('ERR_TOO_MANY_LOGINS', () => failedLogins(1))).to.include('in 1 s')
      now += 1000
      expect(await login('cam', PASSWORD)).not.to.equal(undefined)
    })

    it('that come together do not slip through', async () => {
      const guesses = Array.from({ length: 16 }, (_, i) => login('cam', `guess ${i}`))
      const outcomes = await Promise.allSettled(guesses)
      const checked = outcomes.filter(({ status }) => status === 'fulfilled')
      expect(checked).to.have.length(10)
    })

    it('do not keep out a device with its secret', async () => {
      const secret = newSecret()
      writeFileSync(usersFile, `${line}pi-1:device:${secretCredential(secret)}\n`)
      await failedLogins(10)
      await rejection('ERR_TOO_MANY_LOGINS', () => login('pi-1', 'guess'))
      expect(await login('pi-1', secret)).to.deep.equal({ role: 'device', id: 'pi-1' })
    })
  })

  describe('joining', () => {
    const secret = newSecret()

    it('enrols a device under its id, which its secret alone then opens', async () => {
      const identity = await login('pi-1', joinPassword(TOKEN, 'pi-1', secret))
      expect(identity).to.deep.equal({ role: 'device', id: 'pi-1' })
      expect(readUsers(usersFile).get('pi-1')?.credential).to.equal(secretCredential(secret))
      rmSync(joinTokenFile)
      expect(await login('pi-1', secret)).to.deep.equal({ role: 'device', id: 'pi-1' })
      expect(await login('pi-1', joinPassword(TOKEN, 'pi-1', secret))).not.to.equal(undefined)
      expect(told).to.deep.equal(['pi-1 joined'])
    })

    it('takes both connections of a device that come at once', async () => {
      const password = joinPassword(TOKEN, 'pi-1', secret)
      const both = await Promise.all([login('pi-1', password), login('pi-1', password)])
      expect(both).to.deep.equal(Array(2).fill({ role: 'device', id: 'pi-1' }))
      expect(told).to.deep.equal(['pi-1 joined'])
    })

    it('keeps an id for whoever came first', async () => {
      await login('pi-1', joinPassword(TOKEN, 'pi-1', secret))
      expect(await login('pi-1', joinPassword(TOKEN, 'pi-1', newSecret()))).to.equal(undefined)
      expect(await login('cam', joinPassword(TOKEN, 'cam', secret))).to.equal(undefined)
      const rivals = [newSecret(), newSecret()].map(one =>
        login('pi-2', joinPassword(TOKEN, 'pi-2', one)),
      )
      expect((await Promise.all(rivals)).filter(Boolean)).to.have.length(1)
    })

    it('needs the token, and a proof made for this id and secret', async () => {
      const proofs = [
        joinPassword(newJoinToken(), 'pi-1', secret),
        joinPassword(TOKEN, 'pi-2', secret),
        joinPassword(TOKEN, 'pi-1', secret).replace(secret, newSecret()),
        TOKEN,
        `join.${secret}.${TOKEN}`,
      ]
      for (const proof of proofs) expect(await login('pi-1', proof)).to.equal(undefined)
      expect(readFileSync(usersFile, 'utf8')).to.equal(USERS_HEADER + line)
    })

    it('is for ids that can stand in a topic', async () => {
      for (const id of ['+', 'a/b', 'a:b', `a\nroot:coordinator:*`]) {
        expect(await login(id, joinPassword(TOKEN, id, secret)), id).to.equal(undefined)
      }
    })

    it('ends when the token is taken away, and goes by the new one when it is replaced', async () => {
      rmSync(joinTokenFile)
      expect(await login('pi-1', joinPassword(TOKEN, 'pi-1', secret))).to.equal(undefined)
      const token = newJoinToken()
      writeFileSync(joinTokenFile, token, { mode: 0o600 })
      expect(await login('pi-1', joinPassword(TOKEN, 'pi-1', secret))).to.equal(undefined)
      expect(await login('pi-1', joinPassword(token, 'pi-1', secret))).not.to.equal(undefined)
    })

    it('does not put the token or what can make a proof into the password', () => {
      const password = joinPassword(TOKEN, 'pi-1', secret)
      expect(password).not.to.include(TOKEN).and.not.include(TOKEN.slice('cocoi-join-'.length))
    })
  })
})
