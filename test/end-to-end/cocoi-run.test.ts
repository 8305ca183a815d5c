import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { makeModel, makeNode, makeTensor, makeValueInfo, serializeModel } from '@cocoi/onnx'
import { expect } from 'chai'
import { CocoiProgram, isRunning, type Outcome } from '../helpers/cocoi-program.ts'
import { npyBytes, readNpyFile } from '../helpers/npy.ts'
import { type Floats, logitError, PlainModel, tolerance } from '../helpers/plain-onnxruntime.ts'
import { seededInput, smallClassifier } from '../helpers/small-network.ts'

const hasProc = existsSync('/proc/self/stat')

describe('cocoi run', function () {
  this.timeout(60_000)
  let folder: string
  let input: Floats
  let wanted: Floats
  let unanswered: Promise<Outcome>
  const path = (name: string) => join(folder, name)

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'cocoi-test-'))
    await mkdir(path('tmp'))
    await writeFile(path('small.onnx'), serializeModel(smallClassifier()))
    await writeFile(path('picky.onnx'), serializeModel(pickyModel()))
    await writeFile(path('not.onnx'), 'this is no model')
    input = seededInput('image', [1, 3, 30, 26], 7)
    await writeFile(path('input.npy'), npyBytes(input))
    const plain = await PlainModel.load(path('small.onnx'))
    wanted = (await plain.run(input)).get('probabilities')!
    await plain.release()
    // It tries for a while to find a broker; the other tests need not wait for that.
    await mkdir(path('tmp-unanswered'))
    const nobody = [path('small.onnx'), '--broker', 'mqtt://127.0.0.1:1']
    unanswered = startWith('tmp-unanswered', nobody).ended
  })

  after(() => rm(folder, { recursive: true, force: true }))

  const start = (...args: readonly string[]) => startWith('tmp', args)

  function startWith(temporary: string, args: readonly string[]): CocoiProgram {
    const env = { TMPDIR: path(temporary), XDG_CACHE_HOME: path('cache') }
    return new CocoiProgram(['run', ...args], env)
  }

  function expectNothingLeft(processes: readonly number[], temporary = 'tmp'): void {
    expect(processes.filter(isRunning), 'processes left running').to.deep.equal([])
    expect(readdirSync(path(temporary)), 'temporary files left').to.deep.equal([])
  }

  it('writes what it has measured as JSON and the outputs as .npy, and leaves nothing behind', async () => {
    const files = ['--json', path('report.json'), '--save-outputs', path('outputs')]
    const schemes = ['--devices', '4', '--scheme', 'mds:4,3', 'uncoded', '--min-intensity', '0']
    const program = start(path('small.onnx'), '--input', path('input.npy'), ...schemes, ...files)
    await program.says('measuring mds:4,3')
    const processes = hasProc ? program.descendants() : []
    if (hasProc) expect(processes, 'processes').to.have.length.of.at.least(6)
    const { code, stdout, stderr } = await program.ended
    expect(code, stderr).to.equal(0)
    expect(stdout)
      .to.match(/mds:4,3 .* right/)
      .and.match(/uncoded .* right/)
    const report = JSON.parse(readFileSync(path('report.json'), 'utf8'))
    expect(report.ok).to.equal(true)
    expect(report.runs.map(({ scheme }: { scheme: string }) => scheme)).to.deep.equal([
      ...['mds:4,3', 'uncoded'],
    ])
    for (const run of report.runs) {
      expect(run).to.include({ devices: 4, killed: 0, frozen: 0, ok: true })
      expect(run.latencyMs.all).to.have.length(1)
      expect(run.latencyMs).to.include.keys('p50', 'p99')
      expect(run.stages).to.have.length(3)
      expect(run.bytesOut).to.be.above(0)
      expect(run.bytesIn).to.be.above(0)
      const file = path(`outputs/input-npy.${run.scheme.replace(/\W/g, '-')}.probabilities.npy`)
      const error = logitError(readNpyFile(file, 'probabilities'), wanted)
      expect(error).to.be.below(tolerance.float16).and.above(0)
      expect(run.maxRelError).to.be.closeTo(error, 1e-6)
      expect(run.maxAbsError).to.be.above(0)
    }
    expectNothingLeft(processes)
  })

  it('answers right while devices are killed, frozen and slow, and says how many were', async () => {
    const faults = ['--kill', '1', '--freeze', '1', '--slow', '1:3', '--repeat', '2']
    const scheme = ['--devices', '5', '--scheme', 'mds:5,3', '--min-intensity', '0']
    const program = start(path('small.onnx'), ...scheme, ...faults, '--json', path('faults.json'))
    await program.says('measuring mds:5,3')
    const processes = hasProc ? program.descendants() : []
    const { code, stderr } = await program.ended
    expect(code, stderr).to.equal(0)
    const [run] = JSON.parse(readFileSync(path('faults.json'), 'utf8')).runs
    expect(run).to.include({ devices: 5, killed: 1, frozen: 1, ok: true })
    expect(run.latencyMs.all).to.have.length(2)
    expectNothingLeft(processes)
  })

  it('ends with 2 and a sentence with a code for what it cannot use', async () => {
    const index: Floats = { name: 'index', dims: [1], values: Float32Array.of(99) }
    await writeFile(path('index.npy'), npyBytes(index))
    const cases: Record<string, readonly string[]> = {
      ERR_MODEL_FAILS: [path('picky.onnx'), '--input', path('index.npy')],
      ERR_NOT_ONNX: [path('not.onnx')],
      ERR_BAD_SCHEME: [path('small.onnx'), '--scheme', 'mds:4,6'],
      ERR_NO_INPUT: [path('small.onnx'), '--input', path('nowhere.npy')],
    }
    const outcomes = Object.entries(cases).map(async ([expected, args]) => {
      return [expected, await start(...args).ended] as const
    })
    for (const [expected, { code, stderr }] of await Promise.all(outcomes)) {
      expect(code, stderr).to.equal(2)
      expect(stderr).to.include(expected)
    }
    expectNothingLeft([])
  })

  it('ends with 1 and says why if there is nobody to answer', async () => {
    const { code, stderr } = await unanswered
    expect(code, stderr).to.equal(1)
    expect(stderr).to.match(/^ERR_BROKER_UNREACHABLE: /)
    expectNothingLeft([], 'tmp-unanswered')
  })

  it('stops everything and leaves nothing behind after Ctrl-C', async () => {
    const scheme = ['--devices', '3', '--scheme', 'mds:3,2', '--repeat', '100000']
    const program = start(path('small.onnx'), ...scheme)
    await program.says('measuring')
    const processes = hasProc ? program.descendants() : []
    program.interrupt()
    const { code, stderr } = await program.ended
    expect(code, stderr).to.equal(130)
    expectNothingLeft(processes)
  })
})

/** Fails at run time for an index that it does not have. */
function pickyModel() {
  const table = new Uint8Array(new Float32Array(10).buffer)
  return makeModel({
    name: 'picky',
    nodes: [
      makeNode('Cast', ['index'], ['number'], { to: 7 }),
      makeNode('Gather', ['table', 'number'], ['entry']),
    ],
    inputs: [makeValueInfo('index', 'float32', [1])],
    outputs: [makeValueInfo('entry', 'float32', [1])],
    initializers: [makeTensor('table', 'float32', [10], table)],
  })
}
