import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import type { FuzzedParser } from '../fuzzed-parser.ts'
import { fuzzedParsers } from '../parsers/index.ts'
import { payload } from '../payload.ts'

const usage = `npm run fuzz:guided -- PARSER [--seconds N]

Lets jsfuzz look for payloads that reach new parts of a parser, for N seconds (60). It begins with the
sound payloads. Exit code 1, and the payload, if one leads to anything but a value or a refusal.`

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    seconds: { type: 'string', default: '60' },
    help: { type: 'boolean', default: false },
  },
})

const toolFolder = fileURLToPath(new URL('../../../../test/fuzz/guided/', import.meta.url))
const jsfuzz = join(toolFolder, 'node_modules/jsfuzz/build/src/index.js')

/** Forged payloads that the fuzzer begins with, beside the sound ones. */
const forgedCount = 100

/** For the fuzzer to end when it was asked to. */
const endMs = 10_000

function chosenParser(): FuzzedParser {
  const parser = fuzzedParsers.find(({ name }) => name === positionals[0])
  const names = fuzzedParsers.map(({ name }) => name).join(', ')
  if (!parser) throw new Error(`name a parser: ${names}`)
  return parser
}

/**
 * jsfuzz and what it needs, 200 packages, are installed when this command is first run. Jazzer.js 4
 * would be the better tool, but its binary needs glibc 2.38, and Raspberry Pi OS 12 has 2.36; earlier
 * versions download theirs when they are installed.
 */
function install(): void {
  if (existsSync(jsfuzz)) return
  console.log('installing jsfuzz, once')
  const { status } = spawnSync('npm', ['ci'], { cwd: toolFolder, stdio: 'inherit' })
  if (status !== 0) throw new Error(`npm ci in ${toolFolder} failed`)
}

async function writeCorpus(parser: FuzzedParser, folder: string): Promise<void> {
  await mkdir(folder)
  const forged = Array.from({ length: forgedCount }, (_, i) => payload(parser, 1, i).bytes)
  const all = [...parser.seeds, ...forged].filter(({ length }) => length <= 4096)
  for (const [index, bytes] of all.entries()) await writeFile(join(folder, `${index}`), bytes)
}

/** Runs the fuzzer in a folder for a while; what it finds is then in that folder. */
async function runFuzzer({ name }: FuzzedParser, folder: string, seconds: number): Promise<void> {
  const at = (file: string) => new URL(file, import.meta.url)
  const target = relative(folder, fileURLToPath(at('./target.cjs')))
  const fuzzer = spawn(process.execPath, [jsfuzz, target, 'corpus'], {
    cwd: folder,
    stdio: 'inherit',
    // A group of its own: fuzzer and parsing process are ended together.
    detached: true,
    env: {
      ...process.env,
      COCOI_FUZZED_PARSER: name,
      NODE_OPTIONS: `--no-warnings --import=${at('./instrument.js')}`,
    },
  })
  const group = -fuzzer.pid!
  const timers = [
    setTimeout(() => process.kill(group, 'SIGINT'), seconds * 1000),
    setTimeout(() => process.kill(group, 'SIGKILL'), seconds * 1000 + endMs),
  ]
  await once(fuzzer, 'exit')
  for (const timer of timers) clearTimeout(timer)
}

async function reportCrashes(folder: string): Promise<void> {
  const crashes = (await readdir(folder)).filter(name => name.startsWith('crash-'))
  for (const name of crashes) {
    const bytes = await readFile(join(folder, name))
    console.log(`\n${name}, ${bytes.length} bytes:\n${bytes.toString('hex')}`)
  }
  if (crashes.length > 0) process.exitCode = 1
  else console.log('\nnothing was found')
}

if (values.help) console.log(usage)
else {
  const parser = chosenParser()
  install()
  const folder = await mkdtemp(join(tmpdir(), 'cocoi-fuzz-'))
  try {
    await writeCorpus(parser, join(folder, 'corpus'))
    await runFuzzer(parser, folder, Number(values.seconds))
    await reportCrashes(folder)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
