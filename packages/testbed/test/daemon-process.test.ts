import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { builtInSettings, OWN_CONFIG_FOLDER } from '@cocoi/service'
import { DaemonProcess, type DaemonProcessOptions } from '@cocoi/testbed'
import { expect } from 'chai'
import { Puppets } from './puppets.ts'
import { rejection } from './rejection.ts'

describe('a daemon as a process', () => {
  let puppets: Puppets

  beforeEach(async () => {
    puppets = await Puppets.open()
  })
  afterEach(() => puppets.close())

  const options = (): DaemonProcessOptions => ({
    name: 'coordinator',
    command: [...puppets.command, 'coordinator'],
    settings: {},
    logFile: join(puppets.folder, 'coordinator.log'),
    readyTimeoutMs: 20_000,
  })

  async function started() {
    const starting = DaemonProcess.start(options())
    const puppet = await puppets.take('coordinator')
    await puppet.say('ready {"id":7}')
    return { puppet, daemon: await starting }
  }

  /** The shells that guard a process. */
  const commandLine = (pid: string) => {
    try {
      return readFileSync(`/proc/${pid}/cmdline`, 'utf8')
    } catch {
      return '' // it has just ended
    }
  }
  const guards = (pid: number) =>
    readFileSync(`/proc/${process.pid}/task/${process.pid}/children`, 'utf8')
      .trim()
      .split(' ')
      .filter(child => commandLine(child).endsWith(`\0${pid}\0`))

  /** A process shows its command line a moment after its start, and is gone a moment after its end. */
  async function untilGuardedBy(count: number, pid: number): Promise<void> {
    while (guards(pid).length !== count) await new Promise(resolve => setTimeout(resolve, 5))
  }

  it('has said what it is ready with, and is alive until it is killed', async () => {
    const { daemon, puppet } = await started()
    expect([daemon.ready, daemon.pid, daemon.alive]).to.deep.equal([{ id: 7 }, puppet.pid, true])
    daemon.kill()
    await Promise.all([daemon.ended, puppet.ended])
    expect(daemon.alive).to.equal(false)
  })

  it('has failed if what it says is not ready and a JSON object', async () => {
    for (const line of ['ready', 'ready {', 'ready 7', 'ready null']) {
      const failed = rejection(DaemonProcess.start({ ...options(), readyTimeoutMs: 1e6 }))
      const puppet = await puppets.take('coordinator')
      void puppet.say(line)
      if (line === 'ready') puppet.exit(0)
      const { code, message } = await failed
      expect(code).to.equal('ERR_DAEMON_FAILED')
      expect(message).to.contain(line === 'ready' ? 'exit code 0' : `coordinator said "${line}"`)
      await puppet.ended
    }
  })

  it('gets the built-in settings with its own in place of some', async () => {
    const settings = { broker: { port: 0 }, mqtt: { base: 'home/cocoi' } }
    const starting = DaemonProcess.start({ ...options(), settings })
    const { environment, say } = await puppets.take('coordinator')
    await say('ready {}')
    await starting
    const handedOver = JSON.parse(environment.NODE_CONFIG!)
    expect(handedOver).to.deep.equal(builtInSettings(settings))
    expect(handedOver.broker).to.include({ port: 0, host: '127.0.0.1' })
    expect(environment.NODE_CONFIG_DIR).to.equal(OWN_CONFIG_FOLDER)
  })

  it('gets nothing of the environment that configures a daemon of the user', async () => {
    const theirs = {
      COCOI_MQTT_BASE: 'theirs',
      NODE_CONFIG_ENV: 'theirs',
      NOTIFY_SOCKET: '/run/theirs',
      WATCHDOG_USEC: '1',
      JOURNAL_STREAM: '8:1',
      COLOUR_OF_THE_HOUSE: 'red',
    }
    Object.assign(process.env, theirs)
    const starting = DaemonProcess.start(options())
    for (const name of Object.keys(theirs)) delete process.env[name]
    const { environment, say } = await puppets.take('coordinator')
    await say('ready {}')
    await starting
    const inherited = Object.keys(theirs).filter(name => environment[name] !== undefined)
    expect(inherited).to.deep.equal(['COLOUR_OF_THE_HOUSE'])
  })

  it('does not outlive the process that has frozen it and was killed', async () => {
    const parent = puppets.spawn('freeze', options())
    const puppet = await puppets.take('coordinator')
    // It is frozen before it can say that it has said so.
    void puppet.say('ready {}')
    await once(parent.stdout!, 'data')
    parent.kill('SIGKILL')
    await puppet.ended
  })

  it('is guarded only while it is frozen', async () => {
    const { daemon, puppet } = await started()
    daemon.freeze()
    daemon.freeze()
    await untilGuardedBy(1, puppet.pid)
    daemon.thaw()
    await daemon.stop()
    await puppet.ended
    await untilGuardedBy(0, puppet.pid)
  })

  it('is thawed to be stopped', async () => {
    const { daemon, puppet } = await started()
    daemon.freeze()
    await daemon.stop()
    await puppet.ended
  })
})
