import { isPart, ProtocolError, Reassembler, splitPayload } from '@cocoi/protocol'
import { expect } from 'chai'
import { mutate, pick, randomBytes, seeded } from './seeded.ts'

const split = (message: Uint8Array, id: bigint, maxPayloadBytes = 64) =>
  splitPayload(message, { maxPayloadBytes, id })

function shuffled<T>(random: () => number, items: readonly T[]): T[] {
  return items
    .map(item => ({ item, at: random() }))
    .sort((a, b) => a.at - b.at)
    .map(({ item }) => item)
}

const codeOf = (action: () => unknown) => {
  try {
    action()
  } catch (error) {
    return error instanceof ProtocolError ? error.code : String(error)
  }
  return 'none'
}

describe('splitPayload', () => {
  it('leaves a message alone that fits and splits one byte more', () => {
    const random = seeded(1)
    const message = randomBytes(random, 65)
    expect(split(message.subarray(0, 64), 1n)).to.deep.equal([message.subarray(0, 64)])
    expect(split(message, 1n)).to.have.length(3)
    for (const part of split(message, 1n)) {
      expect(isPart(part)).to.equal(true)
      expect(part.length).to.be.at.most(64)
    }
    expect(split(new Uint8Array(), 1n)).to.deep.equal([new Uint8Array()])
  })

  it('splits a message that looks like a part, so that it is not taken for one', () => {
    const [part] = split(randomBytes(seeded(2), 100), 5n)
    const disguised = split(part!.subarray(0, 40), 6n, 1000)
    expect(disguised).to.have.length(1)
    expect(new Reassembler().accept('s', disguised[0]!, 0)).to.deep.equal(part!.subarray(0, 40))
  })

  it('refuses more parts than are allowed', () => {
    const message = new Uint8Array(5000)
    expect(codeOf(() => split(message, 1n, 33))).to.equal('ERR_TOO_LARGE')
    expect(codeOf(() => split(message, 1n, 32))).to.equal('ERR_TOO_LARGE')
    expect(codeOf(() => split(message, 1n, 34))).to.equal('none')
  })
})

describe('Reassembler', () => {
  it('joins parts in any order, between those of others, with duplicates', () => {
    const random = seeded(3)
    for (let round = 0; round < 50; round++) {
      const reassembler = new Reassembler()
      const messages = Array.from({ length: 5 }, (_, i) => ({
        sender: pick(random, ['a', 'b']),
        id: BigInt(i),
        bytes: randomBytes(random, 65 + Math.floor(random() * 400)),
      }))
      const parts = messages.flatMap(({ sender, id, bytes }) =>
        split(bytes, id).map(part => ({ sender, part, bytes })),
      )
      const repeated = parts.filter(() => random() < 0.3)
      const joined = new Set<Uint8Array>()
      for (const { sender, part, bytes } of shuffled(random, [...parts, ...repeated])) {
        const message = reassembler.accept(sender, part, 0)
        if (!message) continue
        expect(message).to.deep.equal(bytes)
        joined.add(bytes)
      }
      expect(joined.size).to.equal(5)
    }
  })

  it('hands a payload on that is no part', () => {
    const payload = Uint8Array.of(1, 2, 3)
    expect(new Reassembler().accept('s', payload, 0)).to.equal(payload)
  })

  it('never joins parts of two senders or two messages', () => {
    const reassembler = new Reassembler()
    const [first, second] = [randomBytes(seeded(4), 110), randomBytes(seeded(5), 110)]
    const [a, b] = [split(first, 1n, 100), split(second, 2n, 100)]
    expect(a).to.have.length(2)
    expect(reassembler.accept('s', a[0]!, 0)).to.equal(undefined)
    expect(reassembler.accept('s', b[1]!, 0)).to.equal(undefined)
    expect(reassembler.accept('t', a[1]!, 0)).to.equal(undefined)
    expect(reassembler.accept('s', a[1]!, 0)).to.deep.equal(first)
  })

  it('drops a message whose parts contradict each other', () => {
    const reassembler = new Reassembler()
    const [a] = split(randomBytes(seeded(6), 100), 1n)
    const [b] = split(randomBytes(seeded(7), 200), 1n)
    reassembler.accept('s', a!, 0)
    expect(codeOf(() => reassembler.accept('s', b!, 0))).to.equal('ERR_BAD_MESSAGE')
    expect(reassembler.pendingBytes).to.equal(0)
    expect(reassembler.dropped).to.equal(1)
  })

  it('drops what stays incomplete after its patience, counted from the latest part', () => {
    const reassembler = new Reassembler({ patienceMs: 100 })
    const parts = split(randomBytes(seeded(8), 90), 1n)
    expect(parts).to.have.length(3)
    reassembler.accept('s', parts[0]!, 0)
    reassembler.accept('s', parts[1]!, 99)
    expect(reassembler.expire(198)).to.equal(0)
    expect(reassembler.accept('s', parts[2]!, 198)).to.not.equal(undefined)
    reassembler.accept('s', parts[0]!, 200)
    expect(reassembler.expire(300)).to.equal(1)
    expect(reassembler.pendingBytes).to.equal(0)
    expect(reassembler.accept('s', parts[1]!, 301)).to.equal(undefined)
  })

  it('gives up the oldest messages of a sender, then of all, and never the one at hand', () => {
    const random = seeded(9)
    const limits = { maxSenderMessages: 3, maxSenderBytes: 2000, maxSenders: 4, maxBytes: 3000 }
    const reassembler = new Reassembler(limits)
    const start = (sender: string, id: number) =>
      reassembler.accept(sender, split(randomBytes(random, 600), BigInt(id), 532)[0]!, 0)
    for (let id = 0; id < 3; id++) start('a', id)
    expect(reassembler.dropped).to.equal(0)
    start('a', 3)
    expect(reassembler.dropped).to.equal(1)
    for (let id = 0; id < 3; id++) start('b', id)
    expect(reassembler.pendingBytes).to.be.within(2400, 3000)
    const parts = split(randomBytes(random, 9000), 9n, 532)
    const joined = parts.map(part => reassembler.accept('c', part, 0))
    expect(joined.at(-1), 'larger than all limits, but only one').to.have.length(9000)
  })

  it('stays within its bounds under seeded garbage, and joins honest messages after it', () => {
    const random = seeded(10)
    const limits = {
      maxMessageBytes: 4096,
      maxSenderBytes: 8192,
      maxSenderMessages: 4,
      maxSenders: 8,
      maxBytes: 20_000,
      patienceMs: 500,
    }
    const reassembler = new Reassembler(limits)
    let [refused, now] = [0, 0]
    for (let i = 0; i < 30_000; i++) {
      now += Math.floor(random() * 3)
      const message = randomBytes(random, 65 + Math.floor(random() * 300))
      const part = pick(random, split(message, BigInt(Math.floor(random() * 20))))
      const payload = random() < 0.5 ? part : mutate(part, random)
      const sender = `s${Math.floor(random() * 30)}`
      const code = codeOf(() => {
        const joined = reassembler.accept(sender, payload, now)
        if (joined && joined !== payload) expect(joined.length).to.be.at.most(4096)
      })
      expect(code).to.be.oneOf(['none', 'ERR_BAD_MESSAGE'])
      if (code !== 'none') refused++
      expect(reassembler.pendingBytes).to.be.within(0, limits.maxBytes)
    }
    expect(refused).to.be.above(1000)
    expect(reassembler.dropped).to.be.above(1000)
    const honest = randomBytes(random, 3000)
    const parts = split(honest, 99n)
    const joined = parts.map(part => reassembler.accept('honest', part, now)).at(-1)
    expect(joined).to.deep.equal(honest)
    reassembler.expire(now + 500)
    expect(reassembler.pendingBytes).to.equal(0)
  })

  it('counts many tiny parts for what keeping them costs', () => {
    const reassembler = new Reassembler({ maxBytes: 100_000 })
    for (let id = 0; id < 100; id++) {
      const parts = split(new Uint8Array(3000), BigInt(id), 33)
      for (const part of parts.slice(1, 200)) reassembler.accept(`s${id}`, part, 0)
      expect(reassembler.pendingBytes).to.be.at.most(100_000)
    }
    expect(reassembler.dropped).to.be.above(90)
  })
})
