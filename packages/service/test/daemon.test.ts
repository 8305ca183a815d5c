import { chmodSync } from 'node:fs'
import { readFile, watch } from 'node:fs/promises'
import { join } from 'node:path'
import { expect } from 'chai'
import { endPrograms, Program, type ProgramOptions, run } from './run-program.ts'
import { folderWith, removeFolders } from './temporary-folder.ts'

function daemon(behaviour: string, options: ProgramOptions = {}, ...more: string[]): Program {
  return new Program('daemon', { ...options, arguments: [behaviour, ...more] })
}

async function readyDaemon(behaviour: string, options: ProgramOptions = {}, ...more: string[]) {
  const program = daemon(behaviour, options, ...more)
  await program.says('stdout', 'ready ')
  return program
}

describe('runDaemon', () => {
  afterEach(endPrograms)
  after(removeFolders)

  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    it(`tells in one line that it is ready, stops at ${signal}, and exits with 0`, async () => {
      const program = await readyDaemon('steady')
      program.child.kill(signal)
      const { code, stdout, stderr } = await program.ended
      expect(code, stderr).to.equal(0)
      expect(stdout).to.equal('ready {"port":1883,"host":"a\\nb"}\n')
      expect(stderr).to.match(new RegExp(`info example: stopping signal=${signal}`))
      expect(stderr.match(/stop was called/g)).to.have.length(1)
      expect(stderr).to.include('stopped')
    })
  }

  it('takes signals that arrive together for one, as npm and a shell send them', async () => {
    const program = await readyDaemon('steady')
    program.child.kill('SIGINT')
    program.child.kill('SIGTERM')
    const { code, stderr } = await program.ended
    expect(code).to.equal(0)
    expect(stderr.match(/stop was called/g)).to.have.length(1)
    expect(stderr).to.include('stopped')
  })

  it('exits at once when told again while it stops', async () => {
    const program = await readyDaemon('never-stops')
    program.child.kill('SIGTERM')
    await program.says('stderr', 'stop was called')
    const again = setInterval(() => program.child.kill('SIGTERM'), 100)
    const { code } = await program.ended
    clearInterval(again)
    expect(code).to.equal(128 + 15)
  })

  it('gives up a stop that takes too long', async () => {
    const program = await readyDaemon('never-stops', {}, '50')
    program.child.kill('SIGTERM')
    const { code, stderr } = await program.ended
    expect(code).to.equal(1)
    expect(stderr).to.include('could not stop within 50 ms code=ERR_STOP_TIMEOUT')
  })

  it('reports a stop that fails', async () => {
    const program = await readyDaemon('fails-to-stop')
    program.child.kill('SIGTERM')
    const { code, stderr } = await program.ended
    expect(code).to.equal(1)
    expect(stderr).to.include('error example: the disk is gone')
  })

  it('ends a start that still waits', async () => {
    const program = daemon('waits-to-start')
    await program.says('stdout', 'waiting')
    program.child.kill('SIGTERM')
    expect(await program.ended).to.include({ code: 0, stdout: 'waiting\n' })
  })

  for (const [behaviour, message] of [
    ['throws', 'thrown'],
    ['rejects', 'rejected'],
  ] as const) {
    it(`logs what nobody handles with its code when something ${behaviour}`, async () => {
      const { code, stderr } = await daemon(behaviour).ended
      expect(code).to.equal(1)
      expect(stderr).to.match(new RegExp(`error example: ${message} code=ERR_TEST stack=.*daemon`))
      expect(stderr.trim().split('\n')).to.have.length(1)
    })
  }

  it('says why it cannot go on, without a stack', async () => {
    const { code, stderr } = await daemon('gives-up').ended
    expect(code).to.equal(1)
    expect(stderr).to.match(/error example: given up code=ERR_TEST\n$/)
  })

  it('says why it could not start, without a stack', async () => {
    const { code, stdout, stderr } = await daemon('fails-to-start').ended
    expect({ code, stdout }).to.deep.equal({ code: 1, stdout: '' })
    expect(stderr).to.match(/error example: port 1883 is in use code=ERR_PORT_IN_USE\n$/)
  })

  it('exits with 2 and one sentence when the settings are to blame', async () => {
    const { code, stderr } = await daemon('badly-configured').ended
    expect(code).to.equal(2)
    expect(stderr).to.match(/^\S+ error example: log\.jsn in .* did you mean log\.json\?.*\n$/)
  })

  it('exits with 2 and one sentence when the settings of the log are to blame', async () => {
    const environment = { COCOI_LOG_LEVEL: 'loud' }
    const { code, stderr } = await run('daemon', { environment })
    expect(code).to.equal(2)
    expect(stderr).to.match(
      /^example: log\.level is "loud" in COCOI_LOG_LEVEL: expected one of .*\n$/,
    )
  })
})

describe('systemd', () => {
  afterEach(endPrograms)
  after(removeFolders)

  /** Stands in for systemd's own program, which reports to the service manager of this machine. */
  function recordingNotify(): { folder: string; told: string } {
    const folder = folderWith({
      'systemd-notify': '#!/bin/sh\necho "$1" >> "$(dirname "$0")/told"\n',
      told: '',
    })
    chmodSync(join(folder, 'systemd-notify'), 0o755)
    return { folder, told: join(folder, 'told') }
  }

  async function holds(file: string, text: string): Promise<void> {
    const changes = watch(file, { signal: AbortSignal.timeout(10_000) })
    for (;;) {
      if ((await readFile(file, 'utf8')).includes(text)) return
      await changes[Symbol.asyncIterator]().next()
    }
  }

  it('is told of readiness, life and the end when it asks', async () => {
    const { folder, told } = recordingNotify()
    const environment = {
      PATH: `${folder}:/usr/bin:/bin`,
      NOTIFY_SOCKET: '/run/systemd/notify',
      WATCHDOG_USEC: '100000',
    }
    const program = await readyDaemon('steady', { environment })
    await holds(told, 'READY=1')
    await holds(told, 'WATCHDOG=1')
    program.child.kill('SIGTERM')
    expect((await program.ended).code).to.equal(0)
    await holds(told, 'STOPPING=1')
  })

  it('hears nothing more of a daemon whose work does not move on', async () => {
    const { folder, told } = recordingNotify()
    const environment = {
      PATH: `${folder}:/usr/bin:/bin`,
      NOTIFY_SOCKET: '/run/systemd/notify',
      WATCHDOG_USEC: '100000',
    }
    const program = await readyDaemon('gets-stuck', { environment })
    await holds(told, 'WATCHDOG=1')
    await program.says('stderr', 'no progress: the watchdog is not fed code=ERR_STUCK')
    await program.says('stderr', 'no progress', 4)
    const heard = await readFile(told, 'utf8')
    await program.says('stderr', 'no progress', 8)
    expect(await readFile(told, 'utf8')).to.equal(heard)
  })

  it('is not told anything when it does not ask', async () => {
    const { folder, told } = recordingNotify()
    const program = await readyDaemon('steady', { environment: { PATH: `${folder}:/usr/bin` } })
    program.child.kill('SIGTERM')
    await program.ended
    expect(await readFile(told, 'utf8')).to.equal('')
  })

  it('does not stop a daemon by lacking its program', async () => {
    const environment = { PATH: folderWith(), NOTIFY_SOCKET: '/run/systemd/notify' }
    const program = await readyDaemon('steady', { environment })
    await program.says('stderr', 'systemd was not told state="READY=1"')
    program.child.kill('SIGTERM')
    expect((await program.ended).code).to.equal(0)
  })
})
