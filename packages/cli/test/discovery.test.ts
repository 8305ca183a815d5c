import { execFileSync } from 'node:child_process'
import { copyFileSync } from 'node:fs'
import { join } from 'node:path'
import { AccessFolder, setUpAccess } from '@cocoi/cli'
import { expect } from 'chai'
import { CocoiProcess, cocoi, endProcesses } from './cocoi-process.ts'
import { newFolder, removeFolders } from './temporary-folder.ts'

/** Two machines with a cable between them: network namespaces, for which Linux wants root. */
class TwoMachines {
  readonly #names = ['a', 'b'].map(letter => `cocoi-mdns-${process.pid}-${letter}`)

  /** Why there are none, if so. */
  plug(): string | undefined {
    const [a, b] = this.#names as [string, string]
    try {
      for (const name of this.#names) ip('netns', 'add', name)
      ip('-n', a, 'link', 'add', 'eth0', 'type', 'veth', 'peer', 'name', 'eth0', 'netns', b)
      for (const [i, name] of this.#names.entries()) {
        ip('-n', name, 'addr', 'add', `10.77.0.${i + 1}/24`, 'dev', 'eth0')
        for (const link of ['lo', 'eth0']) ip('-n', name, 'link', 'set', link, 'up')
      }
      return undefined
    } catch (error) {
      return (error as Error).message.split('\n').slice(0, 2).join(' ')
    }
  }

  launcher(machine: 0 | 1): string[] {
    return ['ip', 'netns', 'exec', this.#names[machine]!]
  }

  unplug(): void {
    for (const name of this.#names) {
      try {
        ip('netns', 'del', name)
      } catch {
        // It was never made.
      }
    }
  }
}

function ip(...args: string[]): void {
  execFileSync('ip', args, { stdio: 'pipe', timeout: 10_000 })
}

describe('a device that is not told where the broker is', () => {
  const machines = new TwoMachines()
  let access: AccessFolder
  let folder: string

  before(function () {
    const reason = machines.plug()
    if (reason === undefined) return
    console.log(
      `      skipped: it takes network namespaces, for which one must be root (${reason})`,
    )
    this.skip()
  })
  beforeEach(async () => {
    access = new AccessFolder(join(newFolder(), 'etc'))
    // The address in the certificate is not the present one, as after a move to another network.
    const people = { coordinator: 'main', devices: [], hosts: ['pi1.local', '192.0.2.9'] }
    await setUpAccess(access, { ...people, tls: true, mutualTls: false, force: false })
    folder = newFolder()
    copyFileSync(access.joinToken, join(folder, 'join-token'))
  })
  afterEach(endProcesses)
  after(() => {
    machines.unplug()
    removeFolders()
  })

  async function broker(...flags: string[]): Promise<CocoiProcess> {
    const process = new CocoiProcess(['broker', ...flags], {
      workingFolder: newFolder(),
      environment: { NODE_CONFIG_DIR: access.folder },
      launcher: machines.launcher(0),
    })
    await process.says('stdout', /^ready/m)
    return process
  }

  const trusting = () => ['--broker', 'auto', '--ca-file', access.ca.cert]

  it('finds it, says where, and joins; and so does the doctor', async () => {
    await (await broker()).says('stderr', /announced by multicast DNS host=pi1\.local port=8883/)
    const options = { workingFolder: folder, launcher: machines.launcher(1) }
    const token = ['--join-token-file', 'join-token']
    const args = ['device', '--id', 'pi2', ...trusting(), ...token]
    const device = new CocoiProcess(args, options)
    await device.says('stderr', /found the broker address=10\.77\.0\.1 port=8883 host=pi1\.local/)
    await device.says('stdout', /^ready/m)
    const doctor = await cocoi(['doctor', '--json', ...trusting()], options)
    expect(doctor.stdout)
      .to.include('found pi1.local at mqtts://10.77.0.1:8883')
      .and.include('certificate valid')
  })

  it('says what to do when the broker is told not to be found', async () => {
    await broker('--no-announce')
    const options = { workingFolder: folder, launcher: machines.launcher(1) }
    const { code, stderr } = await cocoi(['device', '--id', 'pi2', ...trusting()], options)
    expect(code, stderr).to.equal(1)
    expect(stderr).to.match(/no broker has announced itself within 10 s: .*ERR_NO_BROKER_FOUND/)
  })

  it('ends at once when it is told to while it looks', async () => {
    const options = { workingFolder: folder, launcher: machines.launcher(1) }
    for (const daemon of ['device', 'coordinator']) {
      const environment = { COCOI_MQTT_URL: 'auto', COCOI_MQTT_CA_FILE: access.ca.cert }
      const process = new CocoiProcess([daemon], { ...options, environment })
      await process.says('stderr', /looking for the broker/)
      const { code, stderr } = await process.stop()
      expect(code, stderr).to.equal(0)
      expect(stderr).not.to.include('error')
    }
  })

  it('does not look without a certificate authority, as that is a wrong setting', async () => {
    const options = { workingFolder: folder }
    const { code, stderr } = await cocoi(['device', '--broker', 'auto'], options)
    expect(code).to.equal(2)
    expect(stderr).to.match(/mqtt\.url is "auto" in the command line: .*set mqtt\.caFile/)
  })
})
