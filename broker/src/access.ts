import { type Identity, mayPublish, maySubscribe, parseTopic, TOPICS } from '@cocoi/protocol'
import type { Anonymous } from './options.ts'
import { isFilter, isTopic } from './topic-form.ts'

/** Somebody the broker has admitted. */
export type Principal =
  | { readonly kind: 'user'; readonly name: string; readonly identity: Identity }
  /** A client of this machine that gave no name. */
  | { readonly kind: 'local' }

/** Decides what an admitted client may do; answers with the reason of a refusal. */
export class Access {
  readonly #base: string
  readonly #isOpen: boolean

  constructor({ base, anonymous }: { readonly base: string; readonly anonymous: Anonymous }) {
    this.#base = base
    this.#isOpen = anonymous === 'open'
  }

  publish(
    principal: Principal,
    { topic, retain }: { topic: string; retain: boolean },
  ): string | undefined {
    if (!isTopic(topic)) return 'not a topic'
    if (principal.kind === 'local') return this.#localRefusal(topic)
    if (!mayPublish(principal.identity, this.#base, topic)) return 'not a topic of this client'
    // The broker keeps retained messages for ever: only topics that are few may have them.
    if (retain && !this.#isRetained(topic)) return 'messages to this topic are not retained'
    return undefined
  }

  subscribe(principal: Principal, filter: string): string | undefined {
    if (!isFilter(filter)) return 'not a filter'
    if (principal.kind === 'local') return this.#localRefusal(filter)
    const allowed = maySubscribe(principal.identity, this.#base, filter)
    return allowed ? undefined : 'covers more than this client may read'
  }

  #localRefusal(text: string): string | undefined {
    if (this.#isOpen) return this.#openRefusal(text)
    // Also what keeps everyone from `$SYS`, `$share` and a bare `#`.
    return this.#isBelow(text) ? undefined : `not below ${this.#base}/`
  }

  /** A general broker, but below the base there is what the protocol has, and nothing mistyped. */
  #openRefusal(text: string): string | undefined {
    if (/^\$(SYS|share)(\/|$)/.test(text)) return 'not for clients'
    const isKnown = !this.#isBelow(text) || /[+#]/.test(text) || parseTopic(this.#base, text)
    return isKnown ? undefined : `not a topic that exists below ${this.#base}/`
  }

  #isBelow(text: string): boolean {
    return text.startsWith(`${this.#base}/`)
  }

  #isRetained(topic: string): boolean {
    const parsed = parseTopic(this.#base, topic)
    return parsed !== undefined && TOPICS[parsed.kind].retain
  }
}
