import { type Level, shapes } from './topic-pattern.ts'
import { type Permission, type Role, TOPIC_KINDS, TOPICS, type TopicKind } from './topic-table.ts'
import { parseTopic, topics } from './topics.ts'

/** A client as the broker has authenticated it. */
export interface Identity {
  readonly role: Role
  readonly id: string
}

/** Whether this client may publish to the topic; the topic is compared as text, never as a filter. */
export function mayPublish(identity: Identity, base: string, topic: string): boolean {
  const parsed = parseTopic(base, topic)
  if (!parsed) return false
  const ids: Readonly<Record<string, string | undefined>> = parsed
  const publishers: readonly Permission[] = TOPICS[parsed.kind].publishers
  return publishers.some(
    ({ role, own }) => role === identity.role && (own === undefined || ids[own] === identity.id),
  )
}

/**
 * Whether everything the filter matches may be read by this client. A filter must have the shape of
 * one kind of topic: `#`, shared subscriptions and `$SYS` match none.
 */
export function maySubscribe(identity: Identity, base: string, filter: string): boolean {
  if (!filter.startsWith(`${base}/`)) return false
  const texts = filter.slice(base.length + 1).split('/')
  return TOPIC_KINDS.some(kind => {
    const readers: readonly Permission[] = TOPICS[kind].readers
    return readers
      .filter(({ role }) => role === identity.role)
      .some(({ own }) => shapes(kind).some(levels => covers(levels, texts, { own, identity })))
  })
}

/** Filters that together match everything this client may read. */
export function readableFilters({ role, id }: Identity, base: string): string[] {
  const filters: (kind: TopicKind, ids: object) => string[] = topics(base).filters
  return TOPIC_KINDS.flatMap(kind => {
    const readers: readonly Permission[] = TOPICS[kind].readers
    const permission = readers.find(one => one.role === role)
    if (permission === undefined) return []
    const { own } = permission
    return filters(kind, own === undefined ? {} : { [own]: id })
  })
}

interface Binding {
  readonly own: string | undefined
  readonly identity: Identity
}

function covers(levels: readonly Level[], texts: readonly string[], binding: Binding): boolean {
  return (
    levels.length === texts.length &&
    levels.every((level, index) => coversLevel(level, texts[index]!, binding))
  )
}

function coversLevel(level: Level, text: string, { own, identity }: Binding): boolean {
  if ('text' in level) return level.text === text
  if (level.id === own) return text === identity.id && level.form.test(text)
  return text === '+' || level.form.test(text)
}
