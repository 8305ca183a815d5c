import { readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { sampleModel } from '@cocoi/release'
import { expect } from 'chai'
import sharp from 'sharp'
import { type CommandOptions, Machine } from './machine.ts'
import { debianRootfs } from './rootfs.ts'

const releases = fileURLToPath(new URL('../../release', import.meta.url))
const access = '/var/lib/cocoi-broker/access'
const install = ['cocoi', 'fleet', 'install', 'root@127.0.0.1', '--release', '/mnt/release']
const viewer = ['--user', 'viewer', '--password-file', `${access}/secrets/viewer`]
const broker = ['--broker', 'mqtt://127.0.0.1:1883']
const patient: CommandOptions = { timeoutMs: 180_000 }

describe('a fleet that is installed over ssh', () => {
  let machine: Machine

  before(async () => {
    machine = await Machine.boot({
      rootfs: debianRootfs(),
      show: { '/mnt/release': releases, '/usr/local/bin/node': process.execPath },
    })
    const name = readdirSync(releases).find(file => file.endsWith(`-linux-${process.arch}.tar.gz`))
    await machine.sh(
      `mkdir /media/release
      tar -xzf /mnt/release/${name} -C /media/release --strip-components=1
      /media/release/systemd/install.sh broker
      /media/release/systemd/install.sh coordinator
      mkdir -p -m 700 ~/.ssh /run/sshd
      ssh-keygen -q -t ed25519 -N '' -f ~/.ssh/id_ed25519
      cp ~/.ssh/id_ed25519.pub ~/.ssh/authorized_keys
      /usr/sbin/sshd -o ListenAddress=127.0.0.1
      ssh-keyscan 127.0.0.1 > ~/.ssh/known_hosts`,
      patient,
    )
  })

  after(() => machine?.stop())

  const pid = () => machine.sh('systemctl show -P MainPID cocoi-device')

  it('needs the broker and the token for a device that is new', async () => {
    const { code, stderr } = await machine.run([...install, ...broker, ...viewer], patient)
    expect(code, stderr).to.equal(2)
    expect(stderr).to.include('ERR_USAGE: root@127.0.0.1 is no device yet: say --broker URL')
  })

  it('has a device that works when the command has ended', async () => {
    const token = ['--token-file', `${access}/join-token`]
    const command = [...install, ...broker, ...token, ...viewer]
    const { code, stdout, stderr } = await machine.run(command, patient)
    expect(code, stderr).to.equal(0)
    expect(stdout).to.equal('root@127.0.0.1: healthy\n')
    await machine.write('/media/sample.onnx', sampleModel())
    await machine.sh(
      'cocoi models add sample /media/sample.onnx; ls /tmp/cocoi-install.* && exit 1 || :',
    )
  })

  it('loses no device that is needed', async () => {
    // What was planned last needs the one device there is.
    const sensor = `--user sensor --password-file ${access}/secrets/sensor`
    await machine.write('/media/sample.jpg', await picture())
    await machine.sh(`cocoi infer sample /media/sample.jpg --scheme whole ${sensor}`)
    const before = await pid()
    const command = [...install, ...broker, ...viewer, '--wait', '2']
    const { code, stderr } = await machine.run(command, patient)
    expect(code, stderr).to.equal(1)
    expect(stderr).to.include('ERR_NO_SPARE: root@127.0.0.1 stays as it is')
    expect(await pid()).to.equal(before)
  })

  it('is upgraded in spite of that by force', async () => {
    const { code, stderr } = await machine.run([...install, '--force'], patient)
    expect(code, stderr).to.equal(0)
    expect(await machine.sh('systemctl is-active cocoi-device')).to.equal('active')
  })

  it('says which host cannot be reached, and leaves those behind it alone', async () => {
    const hosts = ['cocoi', 'fleet', 'install', 'root@127.0.0.2', 'root@127.0.0.1', '--force']
    const before = await pid()
    const { code, stderr } = await machine.run([...hosts, '--release', '/mnt/release'], patient)
    expect(code).to.equal(1)
    expect(stderr).to.match(
      /ERR_HOST: root@127\.0\.0\.2: .*see whether 'ssh root@127\.0\.0\.2' works/s,
    )
    expect(await pid()).to.equal(before)
  })
})

function picture(): Promise<Uint8Array> {
  const create = { width: 64, height: 64, channels: 3, background: '#4080c0' } as const
  return sharp({ create }).jpeg().toBuffer()
}
