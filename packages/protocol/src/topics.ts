import { ProtocolError } from './errors.ts'
import { type Level, shapes, type TopicIds } from './topic-pattern.ts'
import { TOPIC_KINDS, type TopicKind } from './topic-table.ts'

export type { TopicIds } from './topic-pattern.ts'

/** A topic, taken apart: its kind and the identifiers in it. */
export type ParsedTopic = { [K in TopicKind]: { kind: K } & TopicIds<K> }[TopicKind]

type Builder<K extends TopicKind> = keyof TopicIds<K> extends never
  ? () => string
  : (ids: TopicIds<K>) => string

/** Topics below one base: a builder per kind, subscription filters, and the parser. */
export type Topics = { readonly [K in TopicKind]: Builder<K> } & {
  readonly base: string
  /**
   * Filters that together match every topic of a kind with these ids; an id left out matches any.
   * Two filters where the last level may be absent, otherwise one.
   */
  filters<K extends TopicKind>(kind: K, ids?: Partial<TopicIds<K>>): string[]
  parse(topic: string): ParsedTopic | undefined
}

type Ids = Readonly<Record<string, string | undefined>>

/**
 * Topics below `base`.
 *
 * @throws {ProtocolError} ERR_BAD_TOPIC if the base is empty or has an empty level, `+`, `#` or `$`;
 *   a builder throws ERR_BAD_IDENTIFIER for an id of the wrong form
 */
export function topics(base = 'cocoi'): Topics {
  checkBase(base)
  const builders = TOPIC_KINDS.map(kind => [kind, (ids: Ids = {}) => build(base, kind, ids)])
  return {
    ...Object.fromEntries(builders),
    base,
    filters: (kind: TopicKind, ids: Ids = {}) =>
      shapes(kind).map(levels => filter(base, levels, ids)),
    parse: (topic: string) => parseTopic(base, topic),
  } as Topics
}

/** Takes a topic apart; undefined if it is none of ours or an identifier has the wrong form. */
export function parseTopic(base: string, topic: string): ParsedTopic | undefined {
  if (!topic.startsWith(`${base}/`)) return undefined
  const texts = topic.slice(base.length + 1).split('/')
  for (const kind of TOPIC_KINDS) {
    const ids = shapes(kind).map(levels => match(levels, texts))
    const found = ids.find(candidate => candidate !== undefined)
    if (found) return { kind, ...found } as ParsedTopic
  }
  return undefined
}

function match(levels: readonly Level[], texts: readonly string[]) {
  if (levels.length !== texts.length) return undefined
  const ids: Record<string, string> = {}
  for (const [index, level] of levels.entries()) {
    const text = texts[index]!
    if ('text' in level ? level.text !== text : !level.form.test(text)) return undefined
    if ('id' in level) ids[level.id] = text
  }
  return ids
}

function build(base: string, kind: TopicKind, ids: Ids): string {
  const [first, second] = shapes(kind)
  const last = second?.at(-1)
  const full = last !== undefined && 'id' in last && ids[last.id] !== undefined
  const levels = full ? second! : first!
  return [base, ...levels.map(level => levelText(level, ids))].join('/')
}

function levelText(level: Level, ids: Ids): string {
  if ('text' in level) return level.text
  const id = ids[level.id] ?? ''
  if (level.form.test(id)) return id
  throw new ProtocolError(
    'ERR_BAD_IDENTIFIER',
    `${level.id} ${JSON.stringify(id)} cannot stand in a topic: it must match ${level.form.source}`,
  )
}

function filter(base: string, levels: readonly Level[], ids: Ids): string {
  const texts = levels.map(level =>
    'id' in level && ids[level.id] === undefined ? '+' : levelText(level, ids),
  )
  return [base, ...texts].join('/')
}

function checkBase(base: string): void {
  if (base.split('/').every(level => /^[^+#$\p{Cc}]+$/u.test(level))) return
  throw new ProtocolError(
    'ERR_BAD_TOPIC',
    `base topic ${JSON.stringify(base)} has an empty level or one of + # $; use a name like cocoi`,
  )
}
