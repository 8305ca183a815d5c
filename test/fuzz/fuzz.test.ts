import { expect } from 'chai'
import { fuzzParser } from './fuzz-parser.ts'
import type { FuzzedParser } from './fuzzed-parser.ts'
import { GuardedFuzzing } from './guarded-fuzzing.ts'
import type { Finding } from './outcome.ts'
import { fuzzedParsers } from './parsers/index.ts'
import { payload } from './payload.ts'
import { describe as describeFinding, table } from './report.ts'

describe('damaged payloads', () => {
  const fuzzing = new GuardedFuzzing()
  const seed = 2026

  after(() => fuzzing.close())

  for (const parser of fuzzedParsers) {
    it(`are a value or a refusal with a code to the ${parser.name} parser`, async () => {
      const outcome = await fuzzing.fuzz(parser, { count: 400, seed })
      expect(outcome.findings.map(describeFinding).join('\n')).to.equal('')
      const refused = Object.values(outcome.refused).reduce((sum, count) => sum + count, 0)
      expect(outcome.values + refused).to.equal(outcome.payloads)
      expect(refused).to.be.above(0)
    })

    it(`begin with sound ones that the ${parser.name} parser accepts`, async () => {
      const { random } = payload(parser, seed, 0)
      for (const bytes of parser.seeds) await parser.parse(bytes, random)
    })
  }
})

describe('the fuzzer', () => {
  class Refusal extends Error {
    readonly code = 'ERR_REFUSED'
  }
  const sound = Uint8Array.from({ length: 200 }, (_, i) => i)

  async function findings(parse: FuzzedParser['parse']): Promise<readonly Finding[]> {
    const parser = { name: 'planted', seeds: [sound], errors: [Refusal], parse }
    const { findings } = await fuzzParser(parser, { count: 60, seed: 1 })
    return findings
  }

  const differs = (bytes: Uint8Array) => bytes[0] !== 0
  const believed: Uint8Array[] = []
  after(() => believed.splice(0))

  const faults: [kind: Finding['kind'], what: string, parse: FuzzedParser['parse']][] = [
    [
      'crash',
      'an error of another kind',
      bytes => {
        if (differs(bytes)) throw new RangeError('offset')
      },
    ],
    [
      'crash',
      'an error without code',
      bytes => {
        if (differs(bytes)) throw Object.assign(new Refusal('why'), { code: undefined })
      },
    ],
    ['crash', 'a value of a strange kind', bytes => (differs(bytes) ? new Date(0) : bytes)],
    // Kept, so that no garbage collection between two measurements hides it.
    [
      'greedy',
      'a length that is believed',
      bytes => differs(bytes) && believed.push(new Uint8Array(2 ** 20)),
    ],
    [
      'slow',
      'a loop over what a length says',
      bytes => {
        let sum = 0
        if (differs(bytes)) for (let i = 0; i < 5e6; i += 1) sum += Math.sqrt(i)
        return sum
      },
    ],
  ]
  for (const [kind, what, parse] of faults) {
    it(`finds ${what}`, async () => {
      const found = await findings(parse)
      expect(found.map(finding => finding.kind)).to.include(kind)
      expect(found[0]!.payload).to.match(/^[0-9a-f]+$/)
    })
  }

  it('finds memory that is kept', async () => {
    const kept: Uint8Array[] = []
    const found = await findings(bytes => kept.push(new Uint8Array(200_000), bytes))
    expect(found.map(({ kind }) => kind)).to.include('growth')
  })

  it('finds nothing where there is nothing, and says so in a table', async () => {
    const parser: FuzzedParser = {
      name: 'honest',
      seeds: [sound],
      errors: [Refusal],
      parse: bytes => {
        if (bytes.length % 2 === 1) throw new Refusal('odd')
        return bytes.length
      },
    }
    const outcome = await fuzzParser(parser, { count: 200, seed: 3 })
    expect(outcome.findings).to.deep.equal([])
    expect(table([outcome])).to.match(/honest +200 +\d+ +ERR_REFUSED \d+ +0 /)
  })

  it('makes the same payloads from the same seed, others from another', () => {
    const [parser] = fuzzedParsers
    const made = (seed: number) =>
      Array.from({ length: 20 }, (_, i) => payload(parser!, seed, i).bytes)
    expect(made(5)).to.deep.equal(made(5))
    expect(made(5)).not.to.deep.equal(made(6))
  })
})
