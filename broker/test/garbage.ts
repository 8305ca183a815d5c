import { damageBytes } from '../../test/fuzz/damage-bytes.ts'
import { hostileTexts } from '../../test/fuzz/hostile.ts'
import { below, pick, type Random, randomBytes, randomFor } from '../../test/fuzz/random.ts'
import { connectPacket, packet, publishPacket, subscribePacket } from './packets.ts'
import { RawClient } from './raw-client.ts'

const PINGREQ = 0xc0
const PINGRESP = 13

/** Kinds of packet that the broker answers by hanging up in good order. */
const LEAVING = [0xe0]

export interface GarbageOptions {
  readonly port: number
  readonly sessions: number
  readonly seed: number
  /** Sessions at a time. */
  readonly abreast?: number
}

export interface GarbageReport {
  readonly packets: number
  /** Sessions that the broker still answered after what they had sent. */
  readonly answered: number
  /** Names of those that it had let in and then cut. */
  readonly cut: readonly string[]
}

/**
 * Sends damaged packets to a broker: to it from strangers, damaged logins, and, for the most part,
 * packets of clients that are logged in.
 */
export async function throwGarbage(options: GarbageOptions): Promise<GarbageReport> {
  const { sessions, abreast = 16 } = options
  const total = { packets: 0, answered: 0, cut: [] as string[] }
  let next = 0
  const work = async () => {
    while (next < sessions) {
      const session = new GarbageSession(options, next++)
      const { packets, outcome } = await session.run()
      total.packets += packets
      if (outcome === 'answered') total.answered += 1
      if (outcome === 'cut') total.cut.push(session.clientId)
    }
  }
  await Promise.all(Array.from({ length: abreast }, work))
  return total
}

/** Packets of one session at most, of which the broker may get to see only the first. */
export const PACKETS = 60

class GarbageSession {
  readonly clientId: string
  readonly #port: number
  readonly #random: Random

  constructor({ port, seed }: GarbageOptions, index: number) {
    this.clientId = `garbage-${index}`
    this.#port = port
    this.#random = randomFor(seed, 'broker', index)
  }

  async run(): Promise<{ packets: number; outcome: 'answered' | 'cut' | 'left' }> {
    const kind = this.#random()
    if (kind < 0.1) return this.#stranger(noise)
    if (kind < 0.25)
      return this.#stranger(() => damaged(connectPacket(this.#login()), this.#random))
    const [client, code] = await RawClient.login(this.#port, { clientId: this.clientId })
    if (code !== 0) throw new Error(`${this.clientId} was not let in: ${code}`)
    return kind < 0.65 ? this.#framed(client) : this.#unframed(client)
  }

  #login() {
    const text = () => pick(this.#random, hostileTexts).slice(0, 600)
    const will = { topic: text(), payload: text(), retain: this.#random() < 0.5 }
    return {
      clientId: this.#random() < 0.5 ? text() : 'somebody',
      clean: this.#random() < 0.8,
      ...(this.#random() < 0.3 && { username: text(), password: text() }),
      ...(this.#random() < 0.3 && { will }),
    }
  }

  async #stranger(make: (random: Random) => Buffer) {
    const client = await RawClient.open(this.#port)
    client.send(make(this.#random))
    client.send(Buffer.concat(Array.from({ length: 10 }, () => anyPacket(this.#random, 0.1))))
    client.socket.end()
    await client.closed
    return { packets: 11, outcome: 'left' } as const
  }

  /** What the packets say may be wrong, but each is as long as it says: the broker hears the ping. */
  async #framed(client: RawClient) {
    const rudeness = pick(this.#random, [0, 0.01, 0.1])
    const packets = Array.from({ length: PACKETS }, () => reframed(this.#random, rudeness))
    client.send(Buffer.concat(packets))
    client.send(Buffer.from([PINGREQ, 0]))
    const answer = await client.next(PINGRESP)
    client.socket.end()
    await client.closed
    return { packets: PACKETS, outcome: answer ? 'answered' : 'cut' } as const
  }

  async #unframed(client: RawClient) {
    const packets = Array.from({ length: PACKETS }, () => {
      const sound = anyPacket(this.#random, 0.01)
      return this.#random() < 0.5 ? damaged(sound, this.#random) : sound
    })
    client.send(Buffer.concat(packets))
    client.socket.end()
    await client.closed
    return { packets: PACKETS, outcome: 'left' } as const
  }
}

function noise(random: Random): Buffer {
  return Buffer.from(randomBytes(random, 1 + below(random, 300)))
}

function damaged(bytes: Buffer, random: Random): Buffer {
  return Buffer.from(damageBytes(bytes, random, [bytes]))
}

/** @param rudeness share of packets with strange topics, which make the broker hang up */
function anyPacket(random: Random, rudeness: number): Buffer {
  const topic = () =>
    random() >= rudeness ? `cocoi/${below(random, 9)}` : pick(random, hostileTexts).slice(0, 600)
  const id = Buffer.from([below(random, 3), below(random, 256)])
  const makers: (() => Buffer)[] = [
    () => publishPacket(topic(), 'x'.repeat(below(random, 300)), { qos: below(random, 3) }),
    () => publishPacket(topic(), '', { retain: random() < 0.5 }),
    () => subscribePacket(Array.from({ length: 1 + below(random, 3) }, topic), below(random, 3)),
    () => packet(0xa2, [id, Buffer.from([0, 1]), Buffer.from('x')]),
    () => packet(pick(random, [0x40, 0x50, 0x62, 0x70]), [id]),
    () => packet(PINGREQ, []),
  ]
  return pick(random, makers)()
}

/** A packet whose body, or sometimes header, is damaged, announced with the length that it has. */
function reframed(random: Random, rudeness: number): Buffer {
  const sound = anyPacket(random, rudeness)
  if (random() >= rudeness) return sound
  const start = sound[1]! > 127 ? 3 : 2
  const body = damaged(sound.subarray(start), random).subarray(0, 16_000)
  const header = random() < 0.9 ? sound[0]! : below(random, 256)
  return packet(LEAVING.includes(header & 0xf0) ? PINGREQ : header, [body])
}
