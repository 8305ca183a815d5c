import { createHash } from 'node:crypto'
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, relative } from 'node:path'
import { describeRelease, PLATFORMS, packRelease, pruneRelease, ReleaseError } from '@cocoi/release'
import { expect } from 'chai'

const [arm64, x64] = [PLATFORMS[0]!, PLATFORMS[1]!]

/** The first bytes of an ELF file for a processor (elf(5)). */
function library(cpu: 'arm64' | 'x64'): Buffer {
  const header = Buffer.alloc(64)
  header.writeUInt32BE(0x7f454c46, 0)
  header.writeUInt16LE(cpu === 'x64' ? 0x3e : 0xb7, 18)
  return header
}

const installed: Record<string, string | Buffer> = {
  'package.json': '{"version":"1.2.3","engines":{"node":">=20.19"}}',
  'package-lock.json': '{}',
  'docs/raspberry-pi.md': 'how to',
  'packages/engine/dist/index.js': 'export {}',
  'node_modules/.bin/tool': '',
  'node_modules/@types/node/index.d.ts': '',
  'node_modules/some/package.json': '{}',
  'node_modules/some/index.js': '',
  'node_modules/some/index.js.map': '{}',
  'node_modules/some/index.d.ts': '',
  'node_modules/some/README.md': '',
  'node_modules/some/LICENSE.md': 'MIT',
  'node_modules/some/test/index.test.js': '',
  'node_modules/some/lib/test/index.js': '',
  'node_modules/cbor/node.glibc.node': library('arm64'),
  'node_modules/cbor/node.musl.node': library('arm64'),
  'node_modules/onnxruntime-node/bin/linux/arm64/libonnxruntime.so.1': library('arm64'),
  'node_modules/onnxruntime-node/bin/linux/x64/libonnxruntime.so.1': library('x64'),
  'node_modules/onnxruntime-node/bin/win32/x64/onnxruntime.dll': 'MZ',
  'node_modules/@img/sharp-linux-arm64/lib/sharp.node': library('arm64'),
  'node_modules/@img/sharp-libvips-linux-arm64/lib/libvips-cpp.so.8.18.7': library('arm64'),
}

const kept = [
  'docs/raspberry-pi.md',
  'node_modules/@cocoi/engine',
  'node_modules/@img/sharp-libvips-linux-arm64/lib/libvips-cpp.so.8.18.7',
  'node_modules/@img/sharp-linux-arm64/lib/sharp.node',
  'node_modules/cbor/node.glibc.node',
  'node_modules/onnxruntime-node/bin/linux/arm64/libonnxruntime.so.1',
  'node_modules/some/LICENSE.md',
  'node_modules/some/index.js',
  'node_modules/some/lib/test/index.js',
  'node_modules/some/package.json',
  'package.json',
  'packages/engine/dist/index.js',
]

describe('release', () => {
  let folder: string
  let stage: string

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'cocoi-release-test-'))
    stage = join(folder, 'cocoi-1.2.3-linux-arm64')
    for (const [path, content] of Object.entries(installed)) {
      mkdirSync(dirname(join(stage, path)), { recursive: true })
      writeFileSync(join(stage, path), content)
    }
    mkdirSync(join(stage, 'node_modules/@cocoi'))
    symlinkSync('../../packages/engine', join(stage, 'node_modules/@cocoi/engine'))
  })

  afterEach(() => rmSync(folder, { recursive: true }))

  it('keeps what the program loads on its platform, and every licence', () => {
    pruneRelease(stage, arm64)
    const left = readdirSync(stage, { recursive: true, withFileTypes: true })
      .filter(entry => !entry.isDirectory())
      .map(entry => relative(stage, join(entry.parentPath, entry.name)))
    expect(left.sort()).to.deep.equal(kept)
  })

  it('does not make a release without the libraries of its platform', () => {
    expect(() => pruneRelease(stage, x64))
      .to.throw(ReleaseError, '@img/sharp-linux-x64 came without a library for linux-x64')
      .with.property('code', 'ERR_INCOMPLETE')
  })

  it('makes the same bytes from the same files, whenever and wherever they were laid out', () => {
    const twin = join(folder, 'twin', 'cocoi-1.2.3-linux-arm64')
    cpSync(stage, twin, { recursive: true, verbatimSymlinks: true })
    utimesSync(join(twin, 'package.json'), 1, 1)
    const [one, other] = [stage, twin].map((from, i) => {
      const tarball = join(folder, `${i}.tar.gz`)
      const { build } = describeRelease(from, arm64)
      packRelease(from, tarball)
      return { build, hash: createHash('sha256').update(readFileSync(tarball)).digest('hex') }
    })
    expect(one).to.deep.equal(other)
  })

  it('gives another build to other files of the same version', () => {
    const { build, ...facts } = describeRelease(stage, arm64)
    writeFileSync(join(stage, 'packages/engine/dist/index.js'), 'export const changed = true')
    expect(facts).to.deep.equal({ version: '1.2.3', platform: 'linux-arm64', node: '>=20.19' })
    expect(describeRelease(stage, arm64).build).to.not.equal(build)
  })
})
