import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect } from 'chai'
import { missing } from './missing-tool.ts'

const folder = fileURLToPath(new URL('../../../systemd/', import.meta.url))
const units = readdirSync(folder).filter(name => /\.(service|target)$/.test(name))
const services = units.filter(name => name.endsWith('.service'))
/** Tenths of what `systemd-analyze security` calls exposure. */
const maxExposure = 15

function analyze(...parameters: string[]): { status: number | null; said: string } {
  const { status, stdout, stderr } = spawnSync('systemd-analyze', parameters, { encoding: 'utf8' })
  return { status, said: `${stdout}${stderr}` }
}

describe('the units of systemd', () => {
  let copies: string

  before(function () {
    if (missing('systemd-analyze', 'systemd')) this.skip()
    copies = mkdtempSync(join(tmpdir(), 'cocoi-units-'))
    for (const name of units) {
      // The program need not be installed here.
      const unit = readFileSync(join(folder, name), 'utf8')
      writeFileSync(join(copies, name), unit.replace(/^ExecStart=\S+/m, 'ExecStart=/bin/true'))
    }
  })

  after(() => copies && rmSync(copies, { recursive: true }))

  it('are understood by systemd to the last line', () => {
    const { status, said } = analyze('verify', '--man=no', ...units.map(name => join(copies, name)))
    // What it says of other units of this machine is not our business.
    expect(said.split('\n').filter(line => line.includes('cocoi'))).to.deep.equal([])
    expect(status).to.equal(0)
  })

  for (const name of services) {
    it(`expose little: ${name}`, () => {
      const options = ['--offline=true', `--threshold=${maxExposure}`, '--no-pager']
      const { status, said } = analyze('security', ...options, join(copies, name))
      expect(status, said).to.equal(0)
    })
  }
})

describe('the units', () => {
  for (const name of services) {
    it(`restart their daemon, except when its settings are wrong: ${name}`, () => {
      const unit = readFileSync(join(folder, name), 'utf8')
      expect(unit).to.match(/^Restart=always$/m)
      expect(unit).to.match(/^RestartPreventExitStatus=2$/m)
      expect(unit).to.match(/^WatchdogSec=\d+$/m)
      expect(unit).to.match(/^MemoryMax=\d+%$/m)
    })
  }
})
