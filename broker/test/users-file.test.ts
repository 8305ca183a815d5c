import { chmodSync, readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  checkedUser,
  hashPassword,
  parseCredential,
  readUsers,
  secretCredential,
  USERS_HEADER,
  updateUsers,
} from '@cocoi/broker'
import { expect } from 'chai'
import { rejection } from './rejection.ts'
import { folderWith, removeFolders } from './temporary-folder.ts'

const SECRET = secretCredential('s'.repeat(43))

function usersFile(text: string): string {
  return join(folderWith({ users: text }), 'users')
}

describe('users file', () => {
  after(removeFolders)

  it('names users with their role and credential, and may hold comments', () => {
    const path = usersFile(`${USERS_HEADER}\npi-1:device:${SECRET}\r\n# the camera\ncam:sensor:*\n`)
    expect([...readUsers(path).values()]).to.deep.equal([
      { name: 'pi-1', role: 'device', credential: SECRET },
      { name: 'cam', role: 'sensor', credential: '*' },
    ])
  })

  for (const mode of [0o640, 0o604, 0o644, 0o660]) {
    it(`is refused with mode ${mode.toString(8)}, with the fix`, async () => {
      const path = usersFile(USERS_HEADER)
      chmodSync(path, mode)
      const message = await rejection('ERR_BAD_USERS', () => readUsers(path))
      expect(message).to.include(`run chmod 600 ${path}`)
    })
  }

  it('is asked for where it is missing', async () => {
    const message = await rejection('ERR_BAD_USERS', () => readUsers('/nowhere/users'))
    expect(message).to.match(/users file \/nowhere\/users .*cocoi init makes one/)
  })

  for (const [line, reason] of [
    ['pi/1:device:*', /line 2: the user name "pi\/1" must be/],
    ['+:device:*', /line 2: the user name/],
    ['pi-1:root:*', /line 2: pi-1 has none of the roles device, coordinator/],
    ['pi-1:device', /line 2: the credential of pi-1 cannot be read/],
    ['pi-1:device:*:x', /line 2: more than name:role:credential/],
    ['pi-1:device:*\npi-1:device:*', /line 3: pi-1 again/],
  ] as const) {
    it(`is refused for ${JSON.stringify(line)}`, async () => {
      const path = usersFile(USERS_HEADER + line)
      expect(await rejection('ERR_BAD_USERS', () => readUsers(path))).to.match(reason)
    })
  }

  it('does not repeat in a message what may be a password', async () => {
    for (const line of ['cam:sensor:hunter2', 'cam:hunter2:sensor']) {
      const path = usersFile(line)
      expect(await rejection('ERR_BAD_USERS', () => readUsers(path))).not.to.include('hunter2')
    }
  })

  it('keeps its comments, its other lines and its mode when a user is changed', async () => {
    const path = usersFile(`# mine\npi-1:device:*\ncam:sensor:*\n`)
    await updateUsers(path, () => ({ put: [checkedUser('cam', 'viewer', '*')], remove: ['pi-1'] }))
    expect(readFileSync(path, 'utf8')).to.equal('# mine\ncam:viewer:*\n')
    expect(statSync(path).mode & 0o777).to.equal(0o600)
  })

  it('loses no change when many are made at once', async () => {
    const path = usersFile(USERS_HEADER)
    const names = Array.from({ length: 20 }, (_, index) => `pi-${index}`)
    const put = (name: string) => ({ put: [checkedUser(name, 'device', SECRET)] })
    await Promise.all(names.map(name => updateUsers(path, () => put(name))))
    expect([...readUsers(path).keys()]).to.have.members(names)
  })

  it('is not left locked by a process that died', async () => {
    const path = usersFile(USERS_HEADER)
    writeFileSync(`${path}.lock`, '')
    const old = new Date(Date.now() - 60_000)
    utimesSync(`${path}.lock`, old, old)
    await updateUsers(path, () => ({ put: [checkedUser('cam', 'sensor', '*')] }))
    expect(readUsers(path).has('cam')).to.equal(true)
  })

  it('does not grow beyond what the broker reads', async () => {
    const path = usersFile(USERS_HEADER)
    const users = Array.from({ length: 1200 }, (_, i) => checkedUser(`pi-${i}`, 'device', SECRET))
    await rejection('ERR_BAD_USERS', () => updateUsers(path, () => ({ put: users })))
    expect(readFileSync(path, 'utf8')).to.equal(USERS_HEADER)
  })
})

describe('credential', () => {
  it('of a password is a PHC string of scrypt', async () => {
    const text = await hashPassword('open sesame')
    expect(text).to.match(/^\$scrypt\$ln=15,r=8,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/)
    expect(parseCredential(text)).to.include({ kind: 'password', ln: 15, r: 8, p: 1 })
    expect(text).not.to.equal(await hashPassword('open sesame'))
  })

  for (const text of [
    '',
    'open sesame',
    '$scrypt$ln=30,r=8,p=1$c2FsdA$aGFzaA',
    `$scrypt$ln=20,r=64,p=1$c2FsdA$${'a'.repeat(43)}`,
    `$scrypt$ln=15,r=8,p=0$c2FsdA$${'a'.repeat(43)}`,
    '$scrypt$ln=15,r=8,p=1$c2FsdA$c2hvcnQ',
    '$sha256$c2hvcnQ',
    '$7$101$salt$hash',
  ]) {
    it(`is none, or too dear: ${JSON.stringify(text)}`, () => {
      expect(parseCredential(text)).to.equal(undefined)
    })
  }
})
