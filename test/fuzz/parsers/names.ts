import { CodingError } from '@cocoi/coding'
import { formatSchemeRequest, PlannerError, parseSchemeRequest } from '@cocoi/planner'
import {
  mayPublish,
  maySubscribe,
  ProtocolError,
  parseTopic,
  type Role,
  TOPICS,
  topics,
} from '@cocoi/protocol'
import type { FuzzedParser } from '../fuzzed-parser.ts'
import { hostileTexts } from '../hostile.ts'
import { pick, type Random } from '../random.ts'

const base = 'cocoi'
const roles: readonly Role[] = ['device', 'coordinator', 'sensor', 'viewer']
const patterns = Object.values(TOPICS).map(({ pattern }) => `${base}/${pattern}`)
const sound = patterns.map(pattern =>
  pattern.replaceAll(/<(\w+)\??>/g, (_, id) => (id === 'sha256' ? 'ab'.repeat(32) : 'pi-1')),
)
const text = (payload: Uint8Array) => Buffer.from(payload).toString()
const bytes = (value: string) => new Uint8Array(Buffer.from(value))

function forgedTopic(random: Random): Uint8Array {
  const levels = pick(random, sound).split('/')
  levels[Math.floor(random() * levels.length)] = pick(random, [...hostileTexts, 'pi-2', '+', '#'])
  return bytes(levels.join('/'))
}

const topicParser: FuzzedParser = {
  name: 'topic',
  errors: [ProtocolError],
  seeds: sound.map(bytes),
  forge: forgedTopic,
  parse: payload => {
    const topic = text(payload)
    const parsed = parseTopic(base, topic)
    const mine = roles.map(role => ({ role, id: 'pi-1' }))
    const allowed = mine.filter(identity => mayPublish(identity, base, topic))
    for (const identity of mine) maySubscribe(identity, base, topic)
    if (allowed.length > 0 && !parsed) throw new TypeError(`${topic} may be published to`)
    if (parsed && topics(base).parse(topic)?.kind !== parsed.kind) throw new TypeError(topic)
    if (!parsed) throw new ProtocolError('ERR_BAD_TOPIC', 'none of ours')
    return parsed
  },
}

const schemes = [
  'local',
  'whole',
  'uncoded',
  'replication:2',
  'mds:6,4',
  'vandermonde:4,2',
  'lt:8,5',
]

const schemeParser: FuzzedParser = {
  name: 'scheme',
  // Nine letters may ask for a code of 256 rows, which is made to see whether it exists.
  ownBytes: 16 * 1024 * 1024,
  errors: [PlannerError, CodingError],
  seeds: schemes.map(bytes),
  parse: payload => {
    const request = parseSchemeRequest(text(payload).slice(0, 64))
    return formatSchemeRequest(request)
  },
}

export const nameParsers: readonly FuzzedParser[] = [topicParser, schemeParser]
