import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { serializeModel } from '@cocoi/onnx'
import { Site } from '@cocoi/testbed'
import { expect } from 'chai'
import { CocoiProgram, isRunning } from '../helpers/cocoi-program.ts'
import { smallClassifier } from '../helpers/small-network.ts'

/** Why computers cannot be emulated here, or undefined if they can. */
const missing = await Site.open([]).then(
  site => site.close(),
  (error: Error) => error.message,
)

/** Network namespaces and CPU groups of a process: other tests have some too. */
function emulatedBy({ pid }: CocoiProgram): string[] {
  const folders = ['/run/netns', '/sys/fs/cgroup/cpu', '/sys/fs/cgroup']
  return folders.flatMap(folder =>
    existsSync(folder) ? readdirSync(folder).filter(name => name.startsWith(`cocoi-${pid}-`)) : [],
  )
}

function cellsOf({ runs }: { runs: Record<string, string>[] }): string[] {
  return runs.map(({ scenario, scheme }) => `${scenario} ${scheme}`)
}

describe(`cocoi testbed${missing ? ` (skipped: ${missing})` : ''}`, function () {
  this.timeout(120_000)
  let folder: string
  const path = (name: string) => join(folder, name)

  before(async function () {
    if (missing) return this.skip()
    folder = await mkdtemp(join(tmpdir(), 'cocoi-test-'))
    await writeFile(path('small.onnx'), serializeModel(smallClassifier()))
  })
  after(() => folder && rm(folder, { recursive: true, force: true }))

  function start(...args: readonly string[]): CocoiProgram {
    const model = ['--model', path('small.onnx'), '--devices', '3', '--min-intensity', '0']
    return new CocoiProgram(['testbed', ...model, ...args], { XDG_CACHE_HOME: path('cache') })
  }

  it('compares schemes on emulated Pis, and leaves nothing behind', async () => {
    const files = ['--json', path('report.json'), '--csv', path('report.csv')]
    const schemes = ['--schemes', 'uncoded,mds:3,2', '--scenario', 'stragglers:0.5+delays:20,none']
    const straggling = ['uncoded', 'mds:3,2'].map(scheme => `stragglers:0.5+delays:20 ${scheme}`)
    const program = start(...schemes, ...files, '--requests', '2')
    await program.says('measuring none')
    expect(emulatedBy(program)).to.not.deep.equal([])
    const early = JSON.parse(readFileSync(path('report.json'), 'utf8'))
    expect(cellsOf(early), 'of the scenario that is over').to.deep.equal(straggling)
    const { code, stdout, stderr } = await program.ended
    expect(code, stderr + stdout).to.equal(0)
    expect(stdout)
      .to.match(/pi1: convolutions +20\.0 GFLOP\/s/)
      .and.match(/none +mds:3,2 .* right/)
    const report = JSON.parse(readFileSync(path('report.json'), 'utf8'))
    expect(report).to.include({ profile: 'pi4-gbe', devices: 3, seed: 1, ok: true })
    expect(report.calibration).to.include.keys('dilation', 'computers', 'links')
    expect(cellsOf(report)).to.deep.equal([...straggling, 'none uncoded', 'none mds:3,2'])
    for (const { latencyMs, phases, ok } of report.runs) {
      expect(ok).to.equal(true)
      expect(latencyMs.all).to.have.lengthOf(2)
      expect(latencyMs.p50).to.be.above(phases.wait / 2)
    }
    expect(readFileSync(path('report.csv'), 'utf8').trim().split('\n')).to.have.lengthOf(9)
    expect(emulatedBy(program)).to.deep.equal([])
  })

  it('brings devices that have failed back for the next request', async () => {
    const flags = ['--schemes', 'mds:3,2', '--scenario', 'failures:1', '--requests', '2']
    const { code, stdout, stderr } = await start(...flags, '--json', path('failures.json')).ended
    expect(code, stderr + stdout).to.equal(0)
    const { runs } = JSON.parse(readFileSync(path('failures.json'), 'utf8'))
    expect(runs[0].latencyMs.all).to.have.lengthOf(2)
    expect(runs[0].errors).to.deep.equal([])
  })

  it('takes everything down upon Ctrl-C', async () => {
    const program = start('--schemes', 'uncoded', '--requests', '10000')
    await program.says('measuring none')
    const processes = program.descendants()
    program.interrupt()
    const { code } = await program.ended
    expect(code).to.equal(130)
    expect(processes.filter(isRunning)).to.deep.equal([])
    expect(emulatedBy(program)).to.deep.equal([])
  })
})
