/** One thing worth telling, before it becomes a line. */
export interface LogRecord {
  readonly level: string
  readonly name: string
  readonly message: string
  readonly fields: Readonly<Record<string, unknown>>
}

/** A value longer than this is cut: topics and payloads of strangers end up in logs. */
const MAX_VALUE_LENGTH = 4000

/** `[time ]level name: message key=value …`, always one line. */
export function textLine({ level, name, message, fields }: LogRecord, time?: string): string {
  const pairs = Object.entries(fields)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => ` ${key}=${fieldText(value)}`)
  return `${time === undefined ? '' : `${time} `}${level} ${name}: ${oneLine(message)}${pairs.join('')}`
}

/** The record as one JSON object; fields cannot replace `level`, `name` and `message`. */
export function jsonLine({ level, name, message, fields }: LogRecord, time?: string): string {
  const plain = Object.entries(fields).map(([key, value]) => [key, jsonValue(value)])
  return JSON.stringify({ ...Object.fromEntries(plain), time, level, name, message })
}

function fieldText(value: unknown): string {
  const plain = jsonValue(value)
  const text = typeof plain === 'string' ? plain : JSON.stringify(plain)
  const bare = /^[\w.:/@+-]+$/.test(text) || typeof plain !== 'string'
  return oneLine(bare ? text : JSON.stringify(text))
}

/** What JSON can hold; never throws, whatever a field holds. */
function jsonValue(value: unknown): unknown {
  if (value instanceof Error) return shortened(value.message)
  if (value instanceof Uint8Array) return `${value.length} bytes`
  if (typeof value === 'string') return shortened(value)
  if (typeof value !== 'object' || value === null) return primitive(value)
  try {
    const text = JSON.stringify(value)
    return text.length <= MAX_VALUE_LENGTH ? JSON.parse(text) : shortened(text)
  } catch {
    return 'unprintable'
  }
}

function primitive(value: unknown): unknown {
  if (typeof value === 'number' && !Number.isFinite(value)) return String(value)
  return ['number', 'boolean'].includes(typeof value) || value === null ? value : String(value)
}

function shortened(text: string): string {
  const rest = text.length - MAX_VALUE_LENGTH
  return rest <= 0 ? text : `${text.slice(0, MAX_VALUE_LENGTH)}… (${rest} more)`
}

/** Escapes line ends and the control characters with which a stranger could steer a terminal. */
function oneLine(text: string): string {
  return text.replace(
    /[\p{Cc}\u2028\u2029]/gu,
    character => `\\u${character.codePointAt(0)!.toString(16).padStart(4, '0')}`,
  )
}
