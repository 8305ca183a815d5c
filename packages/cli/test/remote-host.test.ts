import { createReadStream } from 'node:fs'
import { Readable } from 'node:stream'
import { RemoteHost } from '@cocoi/cli'
import { expect } from 'chai'

/** Options, `--` and the host come before the script, which this machine's shell runs instead. */
const here = new RemoteHost('here', 'here() { shift 6; sh -c "$1"; }; here')

async function failureOf(run: Promise<string>): Promise<{ code?: string; message: string }> {
  return await run.then(
    said => expect.fail(`it said ${said}`),
    error => error,
  )
}

describe('a host that is reached over ssh', () => {
  it('is given what it is to read, and says what it has to say', async () => {
    const lines: string[] = []
    const stdin = Readable.from(['one\n', 'two\n'])
    const said = await here.run('cat', { stdin, onLine: line => lines.push(line) })
    expect(said).to.equal('one\ntwo\n')
    expect(lines).to.deep.equal(['one', 'two'])
  })

  it('explains a command that fails, also one that has not read everything', async () => {
    const stdin = Readable.from([new Uint8Array(10_000_000)])
    const { code, message } = await failureOf(here.run('echo no room >&2; exit 1', { stdin }))
    expect({ code, message }).to.deep.equal({ code: 'ERR_HOST', message: 'here: no room' })
  })

  it('is not left with half of a file that cannot be read here', async () => {
    const stdin = createReadStream('/no/such/file')
    expect(await failureOf(here.run('cat', { stdin }))).to.include({ code: 'ENOENT' })
  })
})
