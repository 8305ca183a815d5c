import type { FuzzedParser } from './fuzzed-parser.ts'
import { usedBytes } from './heap.ts'
import { requireInnocent } from './innocence.ts'
import type { Payload } from './payload.ts'

/** What one payload led to and what it cost. */
export interface Trial {
  /** Code of the refusal; undefined if there is a value. */
  readonly code: string | undefined
  /** Set if it is neither a value nor a refusal as it should be. */
  readonly crash: string | undefined
  readonly ms: number
  /** Bytes allocated by this thread, or less if some were freed meanwhile. */
  readonly bytes: number
}

/** Lets the parser have one payload. */
export async function attempt(parser: FuzzedParser, { bytes, random }: Payload): Promise<Trial> {
  const used = usedBytes()
  const begin = performance.now()
  let value: unknown
  let failure: { readonly error: unknown } | undefined
  try {
    value = parser.parse(bytes, random)
    // Only where there is something to wait for: a turn per payload would take longer than parsing.
    if (value instanceof Promise) value = await value
  } catch (error) {
    failure = { error }
  }
  const cost = { ms: performance.now() - begin, bytes: usedBytes() - used }
  return { ...(failure ? refusal(parser, failure.error) : valid(value)), ...cost }
}

function valid(value: unknown): Pick<Trial, 'code' | 'crash'> {
  try {
    requireInnocent(value)
    return { code: undefined, crash: undefined }
  } catch (error) {
    return { code: undefined, crash: String(error) }
  }
}

function refusal({ errors }: FuzzedParser, error: unknown): Pick<Trial, 'code' | 'crash'> {
  const isOwn = errors.some(kind => error instanceof kind)
  const { code, message } = error as { code?: unknown; message?: unknown }
  if (isOwn && typeof code === 'string' && typeof message === 'string' && message.length > 0) {
    return {
      code,
      crash: message.length > 8192 ? `a message of ${message.length} characters` : undefined,
    }
  }
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error)
  return { code: undefined, crash: text.split('\n').slice(0, 4).join(' ') }
}
