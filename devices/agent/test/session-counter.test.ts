import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { SessionCounter } from '@cocoi/device-agent'
import { expect } from 'chai'

describe('session counter', () => {
  let folder: string
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'cocoi-session-'))
  })
  afterEach(() => rm(folder, { recursive: true }))

  it('grows over restarts, also when the clock is set back', async () => {
    const first = new SessionCounter(folder)
    await first.keep(first.next(5000))
    expect(new SessionCounter(folder).next(1000)).to.equal(5001)
    expect(new SessionCounter(folder).next(9000)).to.equal(9000)
  })

  for (const text of ['', 'x', '-1', '1.5', '1e999', `${Number.MAX_SAFE_INTEGER}`]) {
    it(`starts from the clock where its file says ${JSON.stringify(text)}`, async () => {
      await writeFile(join(folder, 'session'), text)
      expect(new SessionCounter(folder).next(1000)).to.equal(1000)
    })
  }
})
