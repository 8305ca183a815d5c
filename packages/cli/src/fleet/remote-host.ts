import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { once } from 'node:events'
import type { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { CliError } from '../errors.ts'
import { exitCode } from '../exit-code.ts'

/** What a command on the host is given, and who follows it. */
export interface RemoteCommand {
  readonly stdin?: Readable
  /** Told of every line that it says on stdout. */
  readonly onLine?: (line: string) => void
}

/** Asks for no password: nobody could be there to answer. */
const options = ['-o', 'BatchMode=yes', '-o', 'ConnectTimeout=10']

/** How many of its last lines explain a command that failed. */
const explainingLines = 6

/** A machine that is reached over ssh. */
export class RemoteHost {
  readonly name: string
  readonly #ssh: string

  /**
   * @param name as ssh knows it: host, or user@host
   * @param ssh command that is run by a shell, such as `ssh -p 2222`
   */
  constructor(name: string, ssh: string) {
    this.name = name
    this.#ssh = ssh
  }

  /**
   * Runs a script of the POSIX shell there.
   *
   * @returns what it said on stdout
   * @throws {CliError} ERR_HOST with the last lines of stderr; or whatever `stdin` fails with
   */
  async run(script: string, { stdin, onLine }: RemoteCommand = {}): Promise<string> {
    const command = ['-c', `${this.#ssh} "$@"`, 'ssh', ...options, '--', this.name, script]
    const child = spawn('sh', command, { stdio: 'pipe' })
    const said = { stdout: '', stderr: '' }
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      said.stdout += text
      for (const line of text.split('\n')) if (line.trim()) onLine?.(line.trim())
    })
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      said.stderr += text
    })
    const ended = once(child, 'close')
    if (stdin) await feed(child, stdin)
    else child.stdin.end()
    const [code] = (await ended) as [number | null]
    if (code === 0) return said.stdout
    throw failure(this.name, code, said.stderr)
  }
}

/** What cannot be read here must not look like the end of it there: the command ends with it. */
async function feed(child: ChildProcessWithoutNullStreams, stdin: Readable): Promise<void> {
  try {
    await pipeline(stdin, child.stdin)
  } catch (error) {
    // A command that ends before it has read everything says why on stderr.
    if (hasEnded.has((error as NodeJS.ErrnoException).code ?? '')) return
    child.kill('SIGKILL')
    throw error
  }
}

/** What writing to a command fails with that reads no more. */
const hasEnded: ReadonlySet<string> = new Set(['EPIPE', 'ERR_STREAM_PREMATURE_CLOSE'])

/** A word of a shell command that stands for itself. */
export function quoted(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`
}

function failure(host: string, code: number | null, stderr: string): CliError {
  const lines = stderr.trim().split('\n').slice(-explainingLines).join('\n  ')
  const reason = lines || `the command ended with ${code}`
  const remedy = code === 255 ? `; see whether 'ssh ${host}' works without a password` : ''
  return new CliError('ERR_HOST', `${host}: ${reason}${remedy}`, exitCode.failed)
}
