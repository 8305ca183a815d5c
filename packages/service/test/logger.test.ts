import { spawnSync } from 'node:child_process'
import { closeSync, fstatSync, openSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createLogger } from '@cocoi/service'
import { expect } from 'chai'
import { run } from './run-program.ts'
import { folderWith, removeFolders } from './temporary-folder.ts'

const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z /

describe('logger', () => {
  after(removeFolders)

  it('writes one line per record to stderr, also just before the process exits', async () => {
    const { stdout, stderr } = await run('log')
    const lines = stderr.trimEnd().split('\n')
    expect(stdout).to.equal('')
    expect(lines).to.have.length(5)
    for (const line of lines) expect(line).to.match(TIME)
    const texts = lines.map(line => line.replace(TIME, ''))
    expect(texts[0]).to.equal('info example: listening host=127.0.0.1 port=1883 tls=false')
    expect(texts[2]).to.equal('error example: failed message=mine level=debug error="disk full"')
    expect(texts[3]).to.equal(
      'info example: odd cycle=unprintable big=10 bytes="3 bytes" nan=NaN list=[1,"x"]',
    )
  })

  it('lets no stranger forge a line, steer the terminal or fill the disk', async () => {
    const { stderr } = await run('log')
    const lines = stderr.trimEnd().split('\n')
    expect(lines[1]).to.include('dropped\\u000a2026-01-01 a forged line topic="a b\\"c"')
    expect(stderr).not.to.include('\u001b')
    expect(lines[4]!.length).to.be.below(5000)
  })

  it('writes JSON whose level, name and message no field can replace', async () => {
    const { stderr } = await run('log', { arguments: ['--json'] })
    const records = stderr
      .trimEnd()
      .split('\n')
      .map(line => JSON.parse(line) as object)
    expect(records[0]).to.include({
      level: 'info',
      name: 'example',
      message: 'listening',
      port: 1883,
    })
    expect(records[0]).to.have.property('time')
    expect(records[2]).to.include({ level: 'error', message: 'failed', error: 'disk full' })
  })

  it('leaves the time to the journal and tells it the priority', () => {
    const path = join(folderWith({ stderr: '' }), 'stderr')
    const file = openSync(path, 'w')
    const { dev, ino } = fstatSync(file)
    const program = fileURLToPath(new URL('./programs/log.js', import.meta.url))
    const write = (JOURNAL_STREAM: string) =>
      spawnSync(process.execPath, [program], {
        env: { JOURNAL_STREAM },
        stdio: ['ignore', 'ignore', file],
      })
    write(`${dev}:${ino}`)
    const journal = readFileSync(path, 'utf8').split('\n')
    expect(journal[0]).to.match(/^<6>info example: listening/)
    expect(journal[2]).to.match(/^<3>error example: failed/)
    // The variable is inherited by processes whose output goes elsewhere.
    write(`${dev}:${ino + 1}`)
    closeSync(file)
    expect(readFileSync(path, 'utf8').split('\n')[journal.length - 1]).to.match(TIME)
  })

  it('refuses a level it does not have', () => {
    expect(() => createLogger({ level: 'loud', name: 'example' })).to.throw(RangeError, 'loud')
  })
})
