import { chmodSync } from 'node:fs'
import { join } from 'node:path'
import { readSecret, ServiceError } from '@cocoi/service'
import { expect } from 'chai'
import { folderWith, removeFolders } from './temporary-folder.ts'

function secretFile(text: string, mode = 0o600): string {
  const path = join(folderWith({ secret: text }), 'secret')
  chmodSync(path, mode)
  return path
}

function refusal(path: string): string {
  try {
    readSecret(path)
  } catch (error) {
    expect(error).to.be.instanceOf(ServiceError).and.include({ code: 'ERR_BAD_SECRET' })
    return (error as Error).message
  }
  throw new Error(`${path} was read`)
}

describe('readSecret', () => {
  after(removeFolders)
  afterEach(() => delete process.env.CREDENTIALS_DIRECTORY)

  for (const [text, secret] of [
    ['hunter2', 'hunter2'],
    ['hunter2\n', 'hunter2'],
    ['hunter2\r\n', 'hunter2'],
    ['two\nlines \n\n', 'two\nlines \n'],
  ] as const) {
    it(`takes one newline off the end of ${JSON.stringify(text)}`, () => {
      expect(readSecret(secretFile(text))).to.equal(secret)
    })
  }

  for (const mode of [0o640, 0o604, 0o660, 0o644, 0o610]) {
    it(`refuses a file of mode ${mode.toString(8)} and tells the fix`, () => {
      const path = secretFile('hunter2', mode)
      expect(refusal(path)).to.equal(
        `the secret file ${path} may be read by others (mode 0${mode.toString(8)}): ` +
          `run chmod 600 ${path}`,
      )
    })
  }

  it('takes a credential of systemd, whose access list looks like a group that may read', () => {
    const path = secretFile('hunter2', 0o440)
    process.env.CREDENTIALS_DIRECTORY = join(path, '..')
    expect(readSecret(path)).to.equal('hunter2')
    expect(refusal(secretFile('hunter2', 0o440))).to.include('may be read by others')
  })

  it('refuses what is missing, empty, too large or no file', () => {
    expect(refusal(join(folderWith(), 'none'))).to.include('cannot be read: ENOENT')
    expect(refusal(secretFile('\n'))).to.include('is empty')
    expect(refusal(secretFile('x'.repeat(65537)))).to.include('65537 bytes')
    expect(refusal('/dev/null')).to.include('is not a file')
  })
})
