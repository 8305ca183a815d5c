import { fstatSync } from 'node:fs'
import { createLogger as createWinston, format, transports } from 'winston'
import { jsonLine, type LogRecord, textLine } from './log-line.ts'

type Write = (message: string, fields?: Record<string, unknown>) => void

/** Writes one line per record. */
export interface Logger {
  readonly debug: Write
  readonly info: Write
  readonly warn: Write
  readonly error: Write
}

/** How a logger is made. */
export interface LoggerOptions {
  /** Least important level that is written: `error`, `warn`, `info` or `debug`. */
  readonly level: string
  /** Who writes, such as `broker`. */
  readonly name: string
  /** JSON objects instead of text. */
  readonly json?: boolean
}

const LEVELS = { error: 0, warn: 1, info: 2, debug: 3 } as const
/** Priorities of syslog, with which a line tells journald how important it is. */
const PRIORITIES: Record<string, number> = { error: 3, warn: 4, info: 6, debug: 7 }
const MESSAGE = Symbol.for('message')

/**
 * A logger to stderr. When stderr goes to the journal, lines carry a priority prefix instead of a
 * time, because the journal has both.
 *
 * @throws {RangeError} if there is no such level
 */
export function createLogger({ level, name, json = false }: LoggerOptions): Logger {
  if (!Object.hasOwn(LEVELS, level)) {
    throw new RangeError(`"${level}" is not a level: use ${Object.keys(LEVELS).join(', ')}`)
  }
  const journal = goesToJournal()
  const winston = createWinston({
    level,
    levels: LEVELS,
    format: format(info => {
      const record = { ...info, name } as unknown as LogRecord
      return Object.assign(info, { [MESSAGE]: lineOf(record, json, journal) })
    })(),
    transports: [new transports.Stream({ stream: process.stderr, eol: '\n' })],
  })
  const write =
    (level: keyof typeof LEVELS): Write =>
    (message, fields = {}) =>
      // Fields travel in one property: winston would let one called `level` or `message` take over.
      void winston.log({ level, message, fields })
  return { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') }
}

function lineOf(record: LogRecord, json: boolean, journal: boolean): string {
  const time = journal ? undefined : new Date().toISOString()
  const line = json ? jsonLine(record, time) : textLine(record, time)
  return journal ? `<${PRIORITIES[record.level]}>${line}` : line
}

/**
 * JOURNAL_STREAM names the device and inode of the journal's socket. Processes whose output was
 * redirected inherit the variable too, so it is compared with stderr (systemd.exec(5)).
 */
function goesToJournal(): boolean {
  const stream = process.env.JOURNAL_STREAM
  if (!stream) return false
  try {
    const { dev, ino } = fstatSync(2)
    return stream === `${dev}:${ino}`
  } catch {
    return false
  }
}
