import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect } from 'chai'
import { missing } from './missing-tool.ts'

const root = fileURLToPath(new URL('../../../', import.meta.url))
const scripts = ['systemd/install.sh', 'packages/release/launcher/cocoi']

describe('the installer', () => {
  let release: string

  beforeEach(() => {
    release = mkdtempSync(join(tmpdir(), 'cocoi-installer-'))
    cpSync(join(root, 'systemd'), join(release, 'systemd'), { recursive: true })
    mkdirSync(join(release, 'programs'))
    describeRelease('linux-arm64')
    // A Raspberry Pi with a fit Node.js.
    pretend('uname', 'echo aarch64')
    pretend('getconf', 'echo 64')
    pretend('node', 'exit 0')
  })

  afterEach(() => rmSync(release, { recursive: true }))

  function describeRelease(platform: string): void {
    const facts = { version: '1.2.3', build: '0a1b2c3d', platform, node: '>=20.19' }
    writeFileSync(join(release, 'release.json'), `${JSON.stringify(facts, null, 2)}\n`)
  }

  /** Puts a program before the one of that name. */
  function pretend(name: string, script: string): void {
    writeFileSync(join(release, 'programs', name), `#!/bin/sh\n${script}\n`, { mode: 0o755 })
  }

  function install(...parameters: string[]) {
    const script = join(release, 'systemd/install.sh')
    const path = `${join(release, 'programs')}:${process.env.PATH}`
    const settings = { encoding: 'utf8', env: { PATH: path } } as const
    const { status, stdout, stderr } = spawnSync('sh', [script, ...parameters], settings)
    return { status, stdout, stderr }
  }

  it('lets a device look for the broker only where it knows whom to believe', () => {
    const token = ['--token', 'secret', '--dry-run']
    expect(install('device', '--ca-file', 'ca.crt', '--broker', 'auto', ...token).stderr).to.equal(
      'install.sh: --ca-file ca.crt cannot be read\n',
    )
    const { status, stderr } = install('device', '--broker', 'auto', ...token)
    expect(status, stderr).to.equal(2)
    expect(stderr).to.include('--broker auto goes with --ca-file')
  })

  for (const script of scripts) {
    it(`is portable shell without a doubt: ${script}`, function () {
      if (missing('shellcheck', 'shellcheck')) return this.skip()
      const options = { encoding: 'utf8' } as const
      const { status, stdout } = spawnSync(
        'shellcheck',
        ['-x', '-s', 'sh', join(root, script)],
        options,
      )
      expect(status, stdout).to.equal(0)
    })
  }

  it('says what it would do', () => {
    const { status, stdout, stderr } = install('device', '--token', 'secret', '--dry-run')
    expect(status, stderr).to.equal(0)
    expect(stdout).to.include('CoCoI 1.2.3 (build 0a1b2c3d) for: device')
    expect(stdout).to.include('would write: /etc/cocoi/join-token')
    expect(stdout).to.not.include('secret')
  })

  for (const [what, name, script, sentence] of [
    ['32-bit kernels', 'uname', 'echo armv7l', 'install the 64-bit Raspberry Pi OS'],
    ['32-bit programs', 'getconf', 'echo 32', 'install the 64-bit Raspberry Pi OS'],
    ['other processors', 'uname', 'echo riscv64', 'there is no release for riscv64'],
    ['another release', 'uname', 'echo x86_64', 'this machine needs cocoi-1.2.3-linux-x64.tar.gz'],
    ['musl', 'ldd', 'echo musl libc >&2', 'use Debian or Raspberry Pi OS'],
    [
      'an old Node.js',
      'node',
      'case $1 in --version) echo v18.19.0;; *) exit 1;; esac',
      'is version v18.19.0: install Node.js 20.19 or 22.12 or newer',
    ],
  ] as const) {
    it(`refuses ${what} with the fix`, () => {
      pretend(name, script)
      const { status, stderr } = install('device', '--dry-run')
      expect(status).to.equal(1)
      expect(stderr).to.match(/^install\.sh: [^\n]+\n$/)
      expect(stderr).to.include(sentence)
    })
  }

  for (const [parameters, sentence] of [
    [[], 'which role'],
    [['devices'], 'devices is not known here'],
    [['device', 'broker'], 'one role only'],
    [['device', '--token'], '--token needs a value'],
    [['device', '--token', 'a', '--token-file', 'b'], 'either --token or --token-file'],
    [['device', '--broker', 'pi1.local'], 'write mqtt://HOST'],
    [['coordinator', '--user', 'main'], '--user goes with --password-file'],
    [['all', '--user', 'main', '--password-file', 'f'], '--user is for a coordinator or a device'],
    [['device', '--user', 'a b', '--password-file', 'f'], 'use letters, digits'],
  ] as const) {
    it(`refuses what it does not understand: ${parameters.join(' ') || 'nothing'}`, () => {
      const { status, stderr } = install(...parameters)
      expect(status).to.equal(2)
      expect(stderr.split('\n')[0]).to.include(sentence)
    })
  }
})
