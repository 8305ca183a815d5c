import { TransportError } from './errors.ts'

const MAX_TOPIC_BYTES = 65_535
// A lone surrogate has no UTF-8 form: the broker would receive another topic.
const FORBIDDEN = /[\0\p{Surrogate}]/u

/**
 * Returns the topic if a message may be published to it.
 *
 * @throws {TransportError} ERR_BAD_TOPIC; brokers close the connection of a client that tries
 */
export function requireTopic(topic: string): string {
  if (isWellFormed(topic) && !/[+#]/.test(topic)) return topic
  throw new TransportError(
    'ERR_BAD_TOPIC',
    `cannot publish to ${JSON.stringify(topic)}: a topic has 1 to ${MAX_TOPIC_BYTES} bytes and no ` +
      '+, # or NUL',
  )
}

/**
 * Returns the filter if it has exact levels and `+` only.
 *
 * @throws {TransportError} ERR_BAD_TOPIC
 */
export function requireFilter(filter: string): string {
  const levels = filter.split('/')
  if (isWellFormed(filter) && levels.every(level => level === '+' || !/[+#]/.test(level))) {
    return filter
  }
  throw new TransportError(
    'ERR_BAD_TOPIC',
    `cannot subscribe to ${JSON.stringify(filter)}: + must stand for a whole level and # is not ` +
      'supported; subscribe to one filter per number of levels',
  )
}

/** Whether the filter, of exact levels and `+`, matches the topic. */
export function matchesFilter(filter: string, topic: string): boolean {
  if (filter === topic) return true
  if (!filter.includes('+')) return false
  const wanted = filter.split('/')
  const levels = topic.split('/')
  if (wanted.length !== levels.length) return false
  if (wanted[0] === '+' && topic.startsWith('$')) return false
  return wanted.every((level, index) => level === '+' || level === levels[index])
}

function isWellFormed(text: string): boolean {
  return text !== '' && Buffer.byteLength(text) <= MAX_TOPIC_BYTES && !FORBIDDEN.test(text)
}
