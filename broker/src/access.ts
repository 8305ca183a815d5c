import { type Identity, mayPublish, maySubscribe, parseTopic, TOPICS } from '@cocoi/protocol'
import { isFilter, isTopic } from './topic-form.ts'

/** Somebody the broker has admitted. */
export type Principal =
  | { readonly kind: 'user'; readonly name: string; readonly identity: Identity }
  /** A client of this machine that gave no name. */
  | { readonly kind: 'local' }

/** Decides what an admitted client may do; answers with the reason of a refusal. */
export class Access {
  readonly #base: string

  constructor(base: string) {
    this.#base = base
  }

  publish(
    principal: Principal,
    { topic, retain }: { topic: string; retain: boolean },
  ): string | undefined {
    if (!isTopic(topic)) return 'not a topic'
    if (principal.kind === 'local') return this.#below(topic)
    if (!mayPublish(principal.identity, this.#base, topic)) return 'not a topic of this client'
    // The broker keeps retained messages for ever: only topics that are few may have them.
    if (retain && !this.#isRetained(topic)) return 'messages to this topic are not retained'
    return undefined
  }

  subscribe(principal: Principal, filter: string): string | undefined {
    if (!isFilter(filter)) return 'not a filter'
    if (principal.kind === 'local') return this.#below(filter)
    const allowed = maySubscribe(principal.identity, this.#base, filter)
    return allowed ? undefined : 'covers more than this client may read'
  }

  /** Also what keeps everyone from `$SYS`, `$share` and a bare `#`. */
  #below(text: string): string | undefined {
    return text.startsWith(`${this.#base}/`) ? undefined : `not below ${this.#base}/`
  }

  #isRetained(topic: string): boolean {
    const parsed = parseTopic(this.#base, topic)
    return parsed !== undefined && TOPICS[parsed.kind].retain
  }
}
