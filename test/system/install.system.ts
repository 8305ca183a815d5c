import { readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { sampleModel } from '@cocoi/release'
import { expect } from 'chai'
import sharp from 'sharp'
import { Machine } from './machine.ts'
import { debianRootfs, writableCopy } from './rootfs.ts'

const releases = fileURLToPath(new URL('../../release', import.meta.url))
const agents = ['broker', 'coordinator', 'device']
const installer = '/media/release/systemd/install.sh'
const sensor = '--user sensor --password-file /var/lib/cocoi-broker/access/secrets/sensor'
/** How long an agent may be away after it was killed. */
const backWithinMs = 15_000

/** When V8 has collected the garbage of the start, for how long a device is watched, and what it may take. */
const idle = { afterS: 60, forS: 30, cores: 0.01, megabytes: 120 }

describe('an installation on Debian', () => {
  let rootfs: string
  let machine: Machine
  let device: string
  let untouched: string[]

  before(async () => {
    rootfs = writableCopy(debianRootfs())
    machine = await boot()
    await machine.sh(`mkdir /media/release
      tar -xzf /mnt/release/${tarball()} -C /media/release --strip-components=1`)
    await machine.write('/media/sample.onnx', sampleModel())
    await machine.write('/media/sample.jpg', await picture())
    device = await machine.sh('hostname')
    untouched = await files()
  })

  after(() => machine?.stop())

  function boot(): Promise<Machine> {
    const show = { '/mnt/release': releases, '/usr/local/bin/node': process.execPath }
    return Machine.boot({ rootfs, isPersistent: true, show })
  }

  /** Paths on the disk, as far as an installation may change them. */
  async function files(): Promise<string[]> {
    const found =
      'find /etc /opt /usr /srv /home /var -xdev -not -path "/var/log/*" -not -path "/var/tmp/*"'
    return (await machine.sh(found)).split('\n')
  }

  /** Paths that came or went since then. */
  async function changesSince(then: readonly string[]): Promise<string[]> {
    const now = await files()
    const [before, after] = [new Set(then), new Set(now)]
    const came = now.filter(path => !before.has(path)).map(path => `+ ${path}`)
    return [...came, ...then.filter(path => !after.has(path)).map(path => `- ${path}`)]
  }

  async function states(): Promise<string[]> {
    const shown = agents.map(agent => `systemctl show -P ActiveState cocoi-${agent}`)
    return (await machine.sh(shown.join('; '))).split('\n')
  }

  function property(agent: string, name: string): Promise<string> {
    return machine.sh(`systemctl show -P ${name} cocoi-${agent}`)
  }

  /** Resolves when another process of the agent is ready; rejects when that takes too long. */
  async function back(agent: string, pid: string, withinMs: number): Promise<void> {
    const script = `until [ "$(systemctl show -P ActiveState cocoi-${agent})" = active ] &&
        ! systemctl show -P MainPID cocoi-${agent} | grep -qxE '0|${pid}'; do sleep 0.1; done`
    await machine.sh(script, { timeoutMs: withinMs })
  }

  /** Asks for an answer that the device computes. */
  async function infer(): Promise<string> {
    return machine.sh(`cd /media; cocoi infer sample sample.jpg --scheme whole ${sensor}`)
  }

  /** A release as if it came later, with its installer. */
  async function laterRelease(version: string, change: string): Promise<string> {
    const folder = `/media/release-${version}`
    await machine.sh(`cp -a /media/release ${folder}
      sed -i 's/"version": ".*"/"version": "${version}"/; s/"build": ".*"/"build": "${version}"/' ${folder}/release.json
      cd ${folder}; ${change}`)
    return `${folder}/systemd/install.sh`
  }

  it('says what would be done without doing it', async () => {
    const said = await machine.sh(`${installer} all --dry-run`)
    expect(said).to.include('copying to /opt/cocoi/')
    expect(await changesSince(untouched)).to.deep.equal([])
  })

  it('refuses a disk without room, in a sentence with the fix', async () => {
    await machine.sh('mount -t tmpfs -o size=20M tmpfs /opt')
    const { code, stderr } = await machine.run([installer, 'all'])
    await machine.sh('umount /opt')
    expect(code).to.equal(1)
    expect(stderr).to.match(
      /^install\.sh: \/opt has \d+ MB left, \d+ MB are needed: free some space.*\n$/,
    )
    expect(await changesSince(untouched)).to.deep.equal([])
  })

  it('is healthy when the installer has ended', async () => {
    await machine.sh(`${installer} all`, { timeoutMs: 120_000 })
    expect(await states()).to.deep.equal(['active', 'active', 'active'])
    expect(await machine.sh('systemctl is-enabled cocoi.target')).to.equal('enabled')
  })

  it('keeps its secrets to itself', async () => {
    const token = await machine.sh('cat /var/lib/cocoi-broker/access/join-token')
    const anywhere = `find /etc /opt/cocoi /run /usr/local /var -xdev -type f -perm /077`
    const open = await machine.sh(`${anywhere} -exec grep -lF ${token} {} + || :`)
    expect(open).to.equal('')
    const said = await machine.sh('journalctl --output cat; tr "\\0" " " < /proc/*/cmdline || :')
    expect(said).to.not.include(token)
  })

  it('runs every agent as a user of its own', async () => {
    const uids = await Promise.all(agents.map(agent => property(agent, 'UID')))
    expect(new Set(uids).size).to.equal(agents.length)
    for (const uid of uids) expect(Number(uid)).to.be.above(0)
  })

  it('answers', async () => {
    await machine.sh('cd /media; cocoi models add sample sample.onnx')
    expect(await infer()).to.include(`used: ${device}`)
    // What the sandbox forbids onnxruntime, it complains of.
    expect(await machine.sh('journalctl -u "cocoi-*" -o cat')).to.not.include('onnxruntime')
  })

  it('changes nothing when it is installed again, edited settings least of all', async () => {
    const edited = "// mine\n{ log: { level: 'debug' } }\n"
    await machine.write('/etc/cocoi/local.json5', edited)
    const there = await files()
    await machine.sh(`${installer} all`, { timeoutMs: 120_000 })
    const pids = await Promise.all(agents.map(agent => property(agent, 'MainPID')))
    await machine.sh(`${installer} all --broker mqtt://198.51.100.1`, { timeoutMs: 120_000 })
    expect(await changesSince(there)).to.deep.equal([])
    expect(await machine.sh('cat /etc/cocoi/local.json5')).to.equal(edited.trim())
    expect(await Promise.all(agents.map(agent => property(agent, 'MainPID')))).to.deep.equal(pids)
    expect(await infer()).to.include(`used: ${device}`)
  })

  it('is back after an agent was killed', async () => {
    for (const agent of agents) {
      const pid = await property(agent, 'MainPID')
      await machine.sh(`kill -9 ${pid}`)
      await back(agent, pid, backWithinMs)
    }
    expect(await infer()).to.include(`used: ${device}`)
  })

  it('is back after an agent hangs, as the watchdog finds out', async () => {
    const dropIn = '/etc/systemd/system/cocoi-device.service.d'
    await machine.sh(`mkdir -p ${dropIn}; printf '[Service]\\nWatchdogSec=4\\n' > ${dropIn}/quick.conf
      systemctl daemon-reload; systemctl restart cocoi-device`)
    const pid = await property('device', 'MainPID')
    await machine.sh(`kill -STOP ${pid}`)
    await back('device', pid, 60_000)
    expect(await machine.sh('journalctl -u cocoi-device -o cat')).to.include('Watchdog timeout')
    await machine.sh(`rm -r ${dropIn}; systemctl daemon-reload; systemctl restart cocoi-device`)
  })

  it('is online again after a power cut', async () => {
    await machine.stop()
    const startedAt = performance.now()
    machine = await boot()
    expect(await states()).to.deep.equal(['active', 'active', 'active'])
    const seconds = ((performance.now() - startedAt) / 1000).toFixed(1)
    console.log(`      all three were ready ${seconds} s after the machine was switched on`)
  })

  it('takes little while it is idle', async () => {
    const cpuS = async () => {
      const files = `/proc/${await property('device', 'MainPID')}/task/*/schedstat`
      return Number(await machine.sh(`awk '{ ns += $1 } END { print ns / 1e9 }' ${files}`))
    }
    await machine.sh(`sleep ${idle.afterS}`, { timeoutMs: 1.5e3 * idle.afterS })
    const before = await cpuS()
    await machine.sh(`sleep ${idle.forS}`)
    const cores = ((await cpuS()) - before) / idle.forS
    const status = `/proc/${await property('device', 'MainPID')}/status`
    const megabytes =
      Number(await machine.sh(`awk '/^VmRSS/ { print $2 / 1e3 }' ${status}`)) * 1.024
    console.log(`      ${(100 * cores).toFixed(2)} % of a core, ${Math.round(megabytes)} MB`)
    expect(cores).to.be.below(idle.cores)
    expect(megabytes).to.be.below(idle.megabytes)
    expect(await infer()).to.include(`used: ${device}`)
  })

  it('works with a clock that is a year off, and the doctor says so', async () => {
    const dropIn = '/etc/systemd/system/cocoi-device.service.d'
    await machine.write('/media/year-ago.mjs', yearAgo)
    await machine.sh(`mkdir -p ${dropIn}
      printf '[Service]\\nEnvironment=NODE_OPTIONS=--import=/media/year-ago.mjs\\n' > ${dropIn}/clock.conf
      systemctl daemon-reload; systemctl restart cocoi-device`)
    expect(await infer()).to.include(`used: ${device}`)
    const viewer = '--user viewer --password-file /var/lib/cocoi-broker/access/secrets/viewer'
    // As on another machine: the device of one's own has the same clock.
    const doctor = `COCOI_DEVICE_ID=laptop cocoi doctor --json ${viewer}`
    const { code, stdout } = await machine.run(['sh', '-c', doctor])
    expect(stdout).to.match(new RegExp(`clock of ${device} is 365 days behind`))
    expect(code).to.equal(1)
    await machine.sh(`rm -r ${dropIn}; systemctl daemon-reload; systemctl restart cocoi-device`)
    expect(await infer()).to.include(`used: ${device}`)
  })

  it('does not try again with wrong settings, and says what is wrong', async () => {
    await machine.write('/etc/cocoi/local.json5', '{ device: { thread: 1 } }\n')
    const { code } = await machine.run(['systemctl', 'restart', 'cocoi-device'])
    expect(code).to.not.equal(0)
    expect(await property('device', 'ActiveState')).to.equal('failed')
    const said = await machine.sh('journalctl -u cocoi-device -o cat -n 20')
    expect(said).to.include('did you mean device.threads?')
    await machine.write('/etc/cocoi/local.json5', '{}\n')
    await machine.sh('systemctl restart cocoi-device')
  })

  it('stops in order', async () => {
    await machine.sh('systemctl stop cocoi-device')
    expect(await property('device', 'Result')).to.equal('success')
    await machine.sh('systemctl start cocoi-device')
  })

  it('takes a newer release and keeps the older one at hand', async () => {
    const newer = await laterRelease('99.0.0', ':')
    await machine.sh(`${newer} --upgrade`, { timeoutMs: 120_000 })
    expect(await machine.sh('readlink /opt/cocoi/current')).to.equal('99.0.0')
    expect(await machine.sh('ls /opt/cocoi | wc -l')).to.equal('3')
    expect(await states()).to.deep.equal(['active', 'active', 'active'])
    expect(await infer()).to.include(`used: ${device}`)
  })

  it('goes back to the release before when the new one does not become healthy', async () => {
    const sabotage = `sed -i 's/static async start(.*{/& throw new Error("broken");/' devices/agent/dist/agent.js`
    const broken = await laterRelease('99.0.1', sabotage)
    const command = ['env', 'COCOI_HEALTHY_WITHIN_S=10', broken, '--upgrade']
    const { code, stderr } = await machine.run(command, { timeoutMs: 120_000 })
    expect(code).to.equal(1)
    expect(stderr).to.include('99.0.1 did not become healthy; 99.0.0 runs again')
    expect(await machine.sh('readlink /opt/cocoi/current')).to.equal('99.0.0')
    expect(await states()).to.deep.equal(['active', 'active', 'active'])
    expect(await infer()).to.include(`used: ${device}`)
  })

  it('leaves nothing when it is removed', async () => {
    await machine.sh('/opt/cocoi/current/systemd/install.sh --uninstall', { timeoutMs: 60_000 })
    expect(await changesSince(untouched)).to.deep.equal([])
    expect(await machine.sh('systemctl list-units --all --plain --no-legend "cocoi*"')).to.equal('')
  })

  it('says why a device with a wrong token is not healthy', async () => {
    await machine.sh(`${installer} broker`, { timeoutMs: 120_000 })
    const command = ['env', 'COCOI_HEALTHY_WITHIN_S=8', installer, 'device', '--token-file', '-']
    const input = new TextEncoder().encode('cocoi-join-wrong')
    const { code, stderr } = await machine.run(command, { input, timeoutMs: 120_000 })
    expect(code).to.equal(1)
    expect(stderr).to.match(/cocoi-device is not healthy after 8 s; it said last:\n/)
    expect(stderr).to.match(/refused|not authorized/i)
    expect(stderr).to.include('it stays installed and goes on trying')
    expect(await machine.sh('stat -c %a:%U /etc/cocoi/join-token')).to.equal('600:root')
  })

  it('becomes healthy with the right token, and needs no other role to be removed', async () => {
    const token = '/var/lib/cocoi-broker/access/join-token'
    await machine.sh(`${installer} device --token-file ${token}`, { timeoutMs: 120_000 })
    expect(await property('device', 'ActiveState')).to.equal('active')
    await machine.sh(`${installer} device --uninstall`)
    expect(await states()).to.deep.equal(['active', 'inactive', 'inactive'])
    await machine.sh(`${installer} --uninstall --keep-config --keep-data`)
    const left = await changesSince(untouched)
    expect(left).to.include('+ /etc/cocoi/local.json5')
    expect(left).to.include('+ /var/lib/private/cocoi-broker/access/users')
    expect(left.filter(path => /opt|usr/.test(path))).to.deep.equal([])
  })
})

/** Loaded before a program: its clock is a year behind. */
const yearAgo = `const Real = Date
const off = 365 * 24 * 3_600_000
globalThis.Date = class extends Real {
  constructor(...given) {
    super(...(given.length > 0 ? given : [Real.now() - off]))
  }
  static now() {
    return Real.now() - off
  }
}
`

function tarball(): string {
  const found = readdirSync(releases).find(name => name.endsWith(`-linux-${process.arch}.tar.gz`))
  if (found) return found
  throw new Error(`there is no release for this machine in ${releases}: run npm run test:system`)
}

function picture(): Promise<Uint8Array> {
  const create = { width: 64, height: 64, channels: 3, background: '#4080c0' } as const
  return sharp({ create }).jpeg().toBuffer()
}
