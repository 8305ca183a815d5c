import { networkInterfaces } from 'node:os'
import mdns from 'multicast-dns'
import { isSameName, MDNS_PORT, SERVICE } from './service-name.ts'

/** What is announced, and how. */
export interface AnnounceOptions {
  /** Name that the certificate of the broker is for. */
  readonly host: string
  /** Where it listens with TLS. */
  readonly port: number
  /** Address of the one network to announce it on; by default on all. */
  readonly network?: string
  /** @default 5353 */
  readonly mdnsPort?: number
  /** Told once, if it cannot be announced, or not any longer. */
  readonly onError: (error: Error) => void
}

/** A broker that can be found. */
export interface Announcement {
  /** Resolves when questions are answered. */
  readonly ready: Promise<void>
  close(): Promise<void>
}

/** The records live this long in others' memory, in seconds; less if they only ask once. */
const TTL_S = 120
const ONE_SHOT_TTL_S = 10

type Records = mdns.ResponseOutgoingPacket['answers']

/**
 * Answers questions for brokers, of programs that ask once from any port (RFC 6762 section 6.7) and of
 * those that take part in multicast DNS. The address of the host is left to the host's own responder:
 * those who ask from here take the one the answer comes from.
 *
 * @throws {Error} of the system, if its networks cannot be listed
 */
export function announceBroker(options: AnnounceOptions): Announcement {
  const { network, mdnsPort = MDNS_PORT, onError } = options
  // The library does it too, but where nobody could catch a refusal.
  networkInterfaces()
  const records = recordsOf(options)
  const responder = mdns({
    port: mdnsPort,
    ...(network && { interface: network, bind: '0.0.0.0' }),
  })
  const ready = new Promise<void>(resolve => responder.once('ready', () => resolve()))
  responder.on('error', onError)
  responder.on('query', (query, { address, port }) => {
    const answers = answersTo(query, records)
    if (answers.length === 0) return
    if (port === mdnsPort) return responder.respond({ answers })
    const once = answers.map(record => ({ ...record, ttl: ONE_SHOT_TTL_S }))
    // Whoever asks once expects its question and its number back.
    const { id, questions } = query
    responder.respond({ answers: once as Records, id, questions }, { address, port })
  })
  const close = () => new Promise<void>(resolve => responder.destroy(() => resolve()))
  return { ready, close }
}

function recordsOf({ host, port }: AnnounceOptions) {
  const instance = `${host.split('.')[0]}.${SERVICE}`
  return [
    { name: SERVICE, type: 'PTR', ttl: TTL_S, data: instance },
    { name: instance, type: 'SRV', ttl: TTL_S, data: { target: host, port } },
    // A service without facts has an empty text (RFC 6763 section 6.1).
    { name: instance, type: 'TXT', ttl: TTL_S, data: '' },
  ] as const
}

/** Who asks for the service is told all; who asks for the broker itself, what it asks for. */
function answersTo(
  { questions = [] }: mdns.QueryPacket,
  records: ReturnType<typeof recordsOf>,
): Records {
  const isAsked = ({ name, type }: (typeof records)[number]) =>
    questions.some(one => isSameName(one.name, name) && [type, 'ANY'].includes(one.type))
  return [...(isAsked(records[0]) ? records : records.filter(isAsked))] as Records
}
