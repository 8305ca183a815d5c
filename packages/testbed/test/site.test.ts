import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { createConnection } from 'node:net'
import { text } from 'node:stream/consumers'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { type Machine, type Part, Site } from '@cocoi/testbed'
import { expect } from 'chai'

const program = (name: string) => fileURLToPath(new URL(`./programs/${name}.js`, import.meta.url))

/** Runs a piece of JavaScript on a machine. */
function start(machine: Machine, code: string, part: Part = 'js'): ChildProcess {
  const [file, ...args] = machine.command(part, [process.execPath, '-e', code])
  return spawn(file!, args, { stdio: ['ignore', 'pipe', 'inherit'] })
}

async function run(machine: Machine, code: string, part?: Part): Promise<string> {
  return (await text(start(machine, code, part).stdout!)).trim()
}

/** Groups and namespaces of a process that are still there. */
function leftOf(pid: number): string[] {
  const folders = ['/run/netns', '/sys/fs/cgroup/cpu', '/sys/fs/cgroup']
  return folders
    .flatMap(folder => (existsSync(folder) ? readdirSync(folder) : []))
    .filter(name => name.startsWith(`cocoi-${pid}-`))
}

/** CPU time over time on the clock of a busy process. */
const burn = `
  const from = performance.now(), before = process.cpuUsage()
  while (performance.now() - from < 500);
  const { user, system } = process.cpuUsage(before)
  console.log((user + system) / 1000 / (performance.now() - from))`

/** Listens on a port; prints bytes per second of what it gets over one connection. */
const sink = `
  require('net').createServer(socket => {
    let bytes = 0, from
    socket.on('data', data => { from ??= performance.now(); bytes += data.length })
    socket.on('end', () => {
      console.log(bytes / (performance.now() - from) * 1000)
      process.exit()
    })
  }).listen(5000, () => console.log('listening'))`

const source = (address: string, bytes: number) => `
  require('net').connect(5000, '${address}').end(Buffer.alloc(${bytes}))`

/** Why computers cannot be emulated here, or undefined if they can. */
const missing = await Site.open([]).then(
  site => site.close(),
  (error: Error) => error.message,
)

describe(`emulated computers${missing ? ` (skipped: ${missing})` : ''}`, () => {
  let site: Site

  before(function () {
    if (missing) this.skip()
  })
  beforeEach(async () => {
    site = await Site.open(['left', 'right'])
  })
  afterEach(() => site?.close())

  it('see one another on the network and nothing else', async () => {
    const addresses = await run(
      site.machine('left'),
      `console.log(Object.values(require('os').networkInterfaces()).flat()
        .filter(({ family }) => family === 'IPv4').map(({ address }) => address).join(' '))`,
    )
    expect(addresses).to.equal(`127.0.0.1 ${site.machine('left').host.address}`)
  })

  it('compute with the share of a core that their group has', async () => {
    const { groups } = site.machine('left')
    groups.engine.limit(0.2)
    groups.js.limit(0.05)
    const shares = ['engine', 'js'].map(part => run(site.machine('left'), burn, part as Part))
    const [engine, js] = (await Promise.all(shares)).map(Number)
    expect(engine).to.be.within(0.1, 0.25)
    expect(js).to.be.within(0.02, 0.08)
    groups.engine.limit(undefined)
    expect(Number(await run(site.machine('left'), burn, 'engine'))).to.be.above(0.3)
  })

  for (const kind of ['a link of its own', 'a medium shared by all'] as const) {
    it(`send no faster than ${kind} lets them`, async () => {
      const [left, right] = [site.machine('left'), site.machine('right')]
      if (kind === 'a link of its own') await left.host.limit(4e6)
      else await site.network.limitMedium(4e6)
      const server = start(right, sink)
      const said = text(server.stdout!)
      await new Promise(resolve => server.stdout!.once('data', resolve))
      await run(left, source(right.host.address, 2e6))
      const speed = Number((await said).split('\n')[1])
      expect(speed).to.be.within(2e6, 4.4e6)
    })
  }

  it('move the threads that compute, and those that help, into groups of their own', async () => {
    const machine = site.machine('left')
    const child = start(
      machine,
      `const { Worker } = require('worker_threads')
      new Worker(\`require('fs').writeFileSync('/proc/thread-self/comm', 'computes')
        setInterval(() => {}, 1000)\`, { eval: true }).on('online', () => console.log('there'))`,
    )
    await new Promise(resolve => child.stdout!.once('data', resolve))
    await eventually(() => {
      machine.sortThreads(child.pid!, { computes: 'engine' })
      const [group] = groupsOf(child.pid!, 'computes')
      return group?.endsWith('/left/engine') === true
    })
    const [first, ...helpers] = groupsOf(child.pid!, 'node')
    expect(first).to.match(/\/left\/js$/)
    expect(helpers).to.have.length.above(2)
    for (const helper of helpers) expect(helper).to.match(/\/left\/helpers$/)
    child.kill()
  })

  it('can be reached through a door', async () => {
    const machine = site.machine('left')
    const server = start(
      machine,
      `require('net').createServer(socket => socket.end('from inside'))
        .listen(5000, '127.0.0.1', () => console.log('listening'))`,
    )
    await new Promise(resolve => server.stdout!.once('data', resolve))
    const socket = createConnection(await site.door('left', 5000), '127.0.0.1')
    expect(await text(socket)).to.equal('from inside')
  })

  it('hear nothing while they are unplugged', async () => {
    const [left, right] = [site.machine('left'), site.machine('right')]
    const server = start(right, sink)
    await new Promise(resolve => server.stdout!.once('data', resolve))
    await right.host.unplug()
    const attempt = `
      const socket = require('net').connect({ port: 5000, host: '${right.host.address}' })
      socket.on('connect', () => { console.log('connected'); process.exit() })
      setTimeout(() => { console.log('nothing'); process.exit() }, 300)`
    expect(await run(left, attempt)).to.equal('nothing')
    await right.host.plug()
    expect(await run(left, attempt.replace('300', '20000'))).to.equal('connected')
  })

  it('are gone when they are closed, with what runs on them', async () => {
    const child = start(site.machine('left'), 'setInterval(() => {}, 1000); console.log(1)')
    await new Promise(resolve => child.stdout!.once('data', resolve))
    const ended = new Promise(resolve => child.once('exit', (_, signal) => resolve(signal)))
    await site.close()
    expect(await ended).to.equal('SIGKILL')
    expect(leftOf(process.pid)).to.deep.equal([])
  })

  it('remove what a process left behind whose guard was killed too', async () => {
    // Beyond the greatest process id there can be.
    const nobody = 4_194_305
    execFileSync('ip', ['netns', 'add', `cocoi-${nobody}-1-left`])
    await Site.open([]).then(other => other.close())
    expect(leftOf(nobody)).to.deep.equal([])
  })

  it('are gone when the process that made them has been killed', async () => {
    const child = spawn(process.execPath, [program('site-and-wait')], {
      stdio: ['pipe', 'pipe', 'inherit'],
    })
    await new Promise(resolve => child.stdout.once('data', resolve))
    expect(leftOf(child.pid!)).to.not.deep.equal([])
    child.kill('SIGKILL')
    await eventually(() => leftOf(child.pid!).length === 0)
  })
})

describe('who may not emulate computers', () => {
  it('is told so in a sentence', async function () {
    if (process.getuid?.() !== 0) this.skip()
    const child = spawn(process.execPath, [program('site-and-wait')], {
      stdio: ['pipe', 'pipe', 'pipe'],
      uid: 65534,
    })
    child.stdin.end()
    expect(await text(child.stderr)).to.match(/^ERR_NO_EMULATION: .*only root may: use sudo\n$/)
  })
})

/** The group of the cpu controller by thread name. */
function groupsOf(pid: number, name: string): string[] {
  const threads = readdirSync(`/proc/${pid}/task`).sort((a, b) => Number(a) - Number(b))
  return threads.flatMap(id => {
    const read = (file: string) => readFileSync(`/proc/${pid}/task/${id}/${file}`, 'utf8').trim()
    const line = read('cgroup')
      .split('\n')
      .find(text => /^\d+:(?:[^:]*,)?cpu(?:,[^:]*)?:|^0::\/cocoi/.test(text))
    return read('comm') === name ? [line ?? ''] : []
  })
}

/** The test's own time limit is the deadline. */
async function eventually(isSo: () => boolean): Promise<void> {
  while (!isSo()) await delay(20)
}
