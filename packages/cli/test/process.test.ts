import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { floatTensor, makeModel, makeNode, makeValueInfo, serializeModel } from '@cocoi/onnx'
import { expect } from 'chai'

const program = fileURLToPath(new URL('../../../../packages/cli/bin/cocoi.js', import.meta.url))

/** One layer that is worth distributing. */
const model = makeModel({
  name: 'net',
  nodes: [makeNode('Conv', ['x', 'w'], ['y'], { pads: [1, 1, 1, 1] })],
  inputs: [makeValueInfo('x', 'float32', [1, 64, 28, 28])],
  outputs: [makeValueInfo('y', 'float32', [1, 64, 28, 28])],
  initializers: [floatTensor('w', [64, 64, 3, 3], new Float32Array(64 * 64 * 9).fill(0.01))],
})

describe('cocoi as a process', function () {
  this.timeout(60_000)
  let folder: string
  let temporary: string
  let modelPath: string

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'cocoi-cli-'))
    temporary = await mkdtemp(join(folder, 'tmp-'))
    modelPath = join(folder, 'net.onnx')
    await writeFile(modelPath, serializeModel(model))
  })
  after(() => rm(folder, { recursive: true, force: true }))

  function start(...args: string[]): ChildProcess {
    // Another working directory than that of the project, and temporary files where they can be seen.
    const env = { ...process.env, TMPDIR: temporary }
    return spawn(process.execPath, [program, ...args], { cwd: folder, env })
  }

  async function outcome(child: ChildProcess) {
    const [stdout, stderr, [code]] = await Promise.all([
      text(child.stdout!),
      text(child.stderr!),
      once(child, 'close'),
    ])
    return { code, stdout, stderr }
  }

  it('ends with 2 and a sentence for a model that cannot be read, and leaves nothing behind', async () => {
    const { code, stdout, stderr } = await outcome(start('plan', '/no/such.onnx'))
    expect([code, stdout]).to.deep.equal([2, ''])
    expect(stderr.trim().split('\n').at(-1)).to.match(/^ERR_MODEL_FILE: \/no\/such\.onnx: /)
    expect(await readdir(temporary)).to.deep.equal([])
  })

  it('takes the name of an architecture, and says which there are', async () => {
    const { code, stderr } = await outcome(start('plan', 'vgg-16'))
    expect([code, stderr.trim()]).to.deep.equal([
      2,
      'ERR_ZOO_UNKNOWN_MODEL: the zoo has no "vgg-16"; it has vgg16, resnet18, resnet50, mobilenetv2',
    ])
  })

  it('writes no escape codes into a pipe', async () => {
    const { code, stdout, stderr } = await outcome(start('plan', 'net.onnx', '--scheme', 'mds'))
    expect(code).to.equal(0)
    expect(stdout).to.include('1 stage of mds:')
    expect(stdout + stderr).not.to.include('\u001b')
  })

  it('ends without a word when nobody reads its output any more, as before `head`', async () => {
    const child = start('plan', 'net.onnx')
    child.stdout!.destroy()
    const [stderr, [code]] = await Promise.all([text(child.stderr!), once(child, 'close')])
    expect([code, stderr]).to.deep.equal([141, '- preparing net\n'])
    expect(await readdir(temporary)).to.deep.equal([])
  })

  it('ends every process and removes its folder at Ctrl-C, frozen devices among them', async function () {
    if (process.platform !== 'linux') return this.skip()
    const child = start('run', 'net.onnx', '--devices', '2', '--freeze', '1', '--repeat', '100000')
    await new Promise<void>(resolve => {
      child.stderr!.on('data', chunk => String(chunk).includes('measuring') && resolve())
    })
    const children = await readFile(`/proc/${child.pid}/task/${child.pid}/children`, 'utf8')
    const pids = children.trim().split(' ').map(Number)
    expect(pids.length).to.be.at.least(4)
    child.kill('SIGINT')
    const [code] = await once(child, 'close')
    expect(code).to.equal(130)
    expect(pids.filter(isAlive)).to.deep.equal([])
    expect(await readdir(temporary)).to.deep.equal([])
  })
})

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}
