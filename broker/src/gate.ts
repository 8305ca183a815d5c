import type { Client, ConnectPacket, Subscription } from 'aedes'
import { Access, type Principal } from './access.ts'
import { idRefusal, mayTakeOver } from './client-id.ts'
import type { Ledger } from './ledger.ts'
import { login } from './login.ts'
import type { BrokerOptions } from './options.ts'
import type { Peer } from './peer.ts'
import { Refused } from './refused.ts'

/** What of its CONNECT a client is judged by. */
type Application = Pick<ConnectPacket, 'clientId' | 'clean' | 'will'>

/** A topic and whether the broker is to keep the message. */
interface Publication {
  readonly topic: string
  readonly retain: boolean
}

/** Knows every client and decides what it may do. */
export class Gate {
  readonly #options: BrokerOptions
  readonly #ledger: Ledger
  readonly #access: Access
  readonly #peers = new WeakMap<Client, Peer>()
  readonly #applications = new WeakMap<Client, Application>()
  readonly #principals = new WeakMap<Client, Principal>()
  readonly #filters = new WeakMap<Client, Set<string>>()
  readonly #clients = new Map<string, Client>()

  constructor(options: BrokerOptions, ledger: Ledger) {
    this.#options = options
    this.#ledger = ledger
    this.#access = new Access(options)
  }

  /** Clients that are logged in. */
  get clients(): Iterable<Client> {
    return this.#clients.values()
  }

  /** Somebody has connected. */
  greet(client: Client, peer: Peer): void {
    this.#peers.set(client, peer)
  }

  /** Takes what the client applies with; `admit` judges it. */
  apply(client: Client, { clientId, clean, will }: ConnectPacket): void {
    this.#applications.set(client, {
      clientId,
      ...(clean !== undefined && { clean }),
      ...(will && { will }),
    })
  }

  /** @returns why the client is not admitted */
  async admit(
    client: Client,
    username: string | undefined,
    password: Uint8Array | undefined,
  ): Promise<Refused | undefined> {
    const peer: Peer = this.#peers.get(client) ?? { address: undefined }
    const principal = await login({ username, password, peer }, this.#options)
    const refusal =
      'reason' in principal
        ? new Refused(principal.reason, principal.code)
        : this.#judge(client, principal)
    if (refusal) return this.#refuse(client, refusal)
    if (!('reason' in principal)) this.#principals.set(client, principal)
    peer.onAdmitted?.()
    return undefined
  }

  /** Whether the client's login was accepted; from then on it may send, before aedes calls it connected. */
  isAdmitted(client: Client): boolean {
    return this.#principals.has(client)
  }

  /** The client is logged in; a former one with its id is gone. */
  enter(client: Client): void {
    this.#clients.set(client.id, client)
  }

  leave(client: Client): void {
    if (this.#clients.get(client.id) === client) this.#clients.delete(client.id)
  }

  /** Clients that are logged in as one of these users. */
  clientsOf(usernames: ReadonlySet<string>): Client[] {
    return [...this.clients].filter(client => {
      const principal = this.#principals.get(client)
      return principal?.kind === 'user' && usernames.has(principal.name)
    })
  }

  /** Also asked when a will is due. @returns why the message is not published */
  publish(client: Client | null, { topic, retain }: Publication): Refused | undefined {
    const principal = client && this.#principals.get(client)
    const reason = principal ? this.#access.publish(principal, { topic, retain }) : 'not logged in'
    return reason === undefined ? undefined : this.#refuse(client, new Refused(reason), topic)
  }

  /** @returns why the subscription is not granted */
  subscribe(client: Client, { topic }: Subscription): Refused | undefined {
    const principal = this.#principals.get(client)
    const reason = principal ? this.#access.subscribe(principal, topic) : 'not logged in'
    const refusal = reason ?? this.#countFilter(client, topic)
    return refusal === undefined ? undefined : this.#refuse(client, new Refused(refusal), topic)
  }

  unsubscribe(client: Client, filters: readonly string[]): void {
    for (const filter of filters) this.#filters.get(client)?.delete(filter)
  }

  #judge(client: Client, principal: Principal): Refused | undefined {
    const { clientId, clean, will } = this.#applications.get(client)!
    if (clientId === '') {
      // aedes gives it an id nobody can ask for again, and would keep its session for ever.
      if (!clean) return new Refused('a session that is kept needs a client id', 2)
    } else {
      const reason = idRefusal(principal, clientId) ?? this.#takeOverRefusal(principal, clientId)
      if (reason !== undefined) return new Refused(reason, 2)
    }
    const reason =
      will && this.#access.publish(principal, { topic: will.topic, retain: will.retain ?? false })
    return reason ? new Refused(`will to ${JSON.stringify(will.topic)}: ${reason}`) : undefined
  }

  #takeOverRefusal(principal: Principal, clientId: string): string | undefined {
    const incumbent = this.#clients.get(clientId)
    const holder = incumbent && this.#principals.get(incumbent)
    if (!holder || mayTakeOver(principal, holder)) return undefined
    return 'the client id is in use by another user'
  }

  #countFilter(client: Client, filter: string): string | undefined {
    const filters = this.#filters.get(client) ?? new Set()
    this.#filters.set(client, filters)
    const max = this.#options.limits.maxSubscriptionsPerClient
    if (filters.size >= max && !filters.has(filter)) return `at most ${max} subscriptions`
    filters.add(filter)
    return undefined
  }

  #refuse(client: Client | null, refusal: Refused, topic?: string): Refused {
    this.#ledger.record({
      type: 'refused',
      reason: refusal.message,
      ...(client?.id && { client: client.id }),
      ...(topic !== undefined && { topic }),
    })
    return refusal
  }
}
