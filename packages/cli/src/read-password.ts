import { createInterface } from 'node:readline/promises'
import { Writable } from 'node:stream'
import { CliError } from './errors.ts'

const MIN_CHARACTERS = 8
const MAX_BYTES = 1024

/**
 * Reads a password from stdin: its first line, or what is typed, which is not shown.
 *
 * @throws {CliError} ERR_BAD_PASSWORD
 */
export async function readPassword(name: string): Promise<string> {
  const { stdin, stderr } = process
  if (stdin.isTTY) stderr.write(`password of ${name} (not shown): `)
  // Without an output of its own, readline echoes nothing.
  const output = new Writable({ write: (_chunk, _encoding, done) => done() })
  const lines = createInterface({ input: stdin, output, terminal: stdin.isTTY })
  try {
    for await (const line of lines) return checked(line)
    throw new CliError('ERR_BAD_PASSWORD', 'stdin holds no password')
  } finally {
    lines.close()
    if (stdin.isTTY) stderr.write('\n')
  }
}

function checked(password: string): string {
  if (password.length < MIN_CHARACTERS) {
    const message = `a password has at least ${MIN_CHARACTERS} characters, this one has ${password.length}`
    throw new CliError('ERR_BAD_PASSWORD', message)
  }
  if (Buffer.byteLength(password) > MAX_BYTES) {
    throw new CliError('ERR_BAD_PASSWORD', `a password has at most ${MAX_BYTES} bytes`)
  }
  return password
}
