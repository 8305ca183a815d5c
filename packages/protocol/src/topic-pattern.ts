import { IDENTIFIER, SHA256_HEX } from './identifier.ts'
import { TOPIC_KINDS, TOPICS, type TopicEntry, type TopicKind } from './topic-table.ts'

type Placeholders<P extends string> = P extends `${string}<${infer Name}>${infer Rest}`
  ? Name | Placeholders<Rest>
  : never

type Names<K extends TopicKind> = Placeholders<(typeof TOPICS)[K]['pattern']>
type Required<N> = N extends `${string}?` ? never : N
type Optional<N> = N extends `${infer Name}?` ? Name : never

/** Identifiers in a topic of kind `K`. */
export type TopicIds<K extends TopicKind> = { [N in Required<Names<K>>]: string } & {
  [N in Optional<Names<K>>]?: string
}

/** One level of a pattern: fixed text, or the name of an identifier and the form it must have. */
export type Level =
  | { readonly text: string }
  | { readonly id: string; readonly optional: boolean; readonly form: RegExp }

function level(text: string): Level {
  if (!text.startsWith('<')) return { text }
  const optional = text.endsWith('?>')
  const id = text.slice(1, optional ? -2 : -1)
  return { id, optional, form: id === 'sha256' ? SHA256_HEX : IDENTIFIER }
}

function levelsOf(entry: TopicEntry): readonly Level[] {
  return entry.pattern.split('/').map(level)
}

/** The levels of every kind of topic, below the base. */
export const LEVELS: ReadonlyMap<TopicKind, readonly Level[]> = new Map(
  TOPIC_KINDS.map(kind => [kind, levelsOf(TOPICS[kind])]),
)

/** The levels a topic of this kind may have: all of them, and also without the optional last one. */
export function shapes(kind: TopicKind): (readonly Level[])[] {
  const levels = LEVELS.get(kind)!
  const last = levels.at(-1)!
  return 'id' in last && last.optional ? [levels.slice(0, -1), levels] : [levels]
}
