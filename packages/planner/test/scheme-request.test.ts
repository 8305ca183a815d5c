import { CodingError } from '@cocoi/coding'
import {
  formatSchemeRequest,
  PlannerError,
  parseSchemeRequest,
  resolveScheme,
  type SchemeRequest,
  schemeForms,
} from '@cocoi/planner'
import { expect } from 'chai'

type Coded = Parameters<typeof resolveScheme>[0]

const resolve = (text: string, devices: number) =>
  resolveScheme(parseSchemeRequest(text) as Coded, devices)

function errorOf(text: string): PlannerError | CodingError {
  try {
    parseSchemeRequest(text)
  } catch (error) {
    if (error instanceof PlannerError || error instanceof CodingError) return error
    throw error
  }
  throw new Error(`"${text}" was accepted`)
}

describe('parseSchemeRequest', () => {
  it('reads every form', () => {
    const forms: [text: string, request: SchemeRequest][] = [
      ['auto', { type: 'auto' }],
      ['local', { type: 'local' }],
      ['whole', { type: 'whole' }],
      ['uncoded', { type: 'uncoded' }],
      ['replication', { type: 'replication', r: 2 }],
      ['replication:3', { type: 'replication', r: 3 }],
      ['mds', { type: 'mds' }],
      ['mds:6,4', { type: 'mds', n: 6, k: 4 }],
      [' mds:6,4\n', { type: 'mds', n: 6, k: 4 }],
      ['vandermonde:10,8', { type: 'vandermonde', n: 10, k: 8 }],
      ['lt', { type: 'lt' }],
      ['lt:8,5', { type: 'lt', n: 8, k: 5 }],
      ['mds:1,1', { type: 'mds', n: 1, k: 1 }],
    ]
    for (const [text, request] of forms) {
      expect(parseSchemeRequest(text), text).to.deep.equal(request)
      expect(parseSchemeRequest(formatSchemeRequest(request)), text).to.deep.equal(request)
    }
  })

  it('names impossible numbers', () => {
    const cases: [text: string, message: string][] = [
      ['mds:3,4', 'k cannot exceed n'],
      ['mds:3,0', 'not 0'],
      ['lt:0,0', 'not 0'],
      ['replication:0', 'not 0'],
      ['vandermonde:100000,2', 'not 100000'],
      ['replication:99999999999999999999', 'from 1 to 256'],
    ]
    for (const [text, message] of cases) {
      expect(errorOf(text), text).to.have.property('code', 'ERR_BAD_SCHEME')
      expect(errorOf(text).message, text).to.include(message)
    }
  })

  it('answers anything else with the forms there are', () => {
    const garbage = ['', ' ', ':', 'mds:', 'mds:6', 'mds:6,', 'mds:,4', 'mds:6,4,2', 'mds:6,4:1']
    garbage.push(
      'mds:6;4',
      'mds:-6,4',
      'mds:6.5,4',
      'mds:0x6,4',
      'mds: 6, 4',
      'mds:6e0,4',
      'MDS:6,4',
    )
    garbage.push('local:1', 'whole:2', 'uncoded:', 'uncoded:4', 'replication:', 'replication:2,2')
    garbage.push('constructor', '__proto__', 'tiles', 'mds:٦,٤', '\u0000', 'x'.repeat(1000))
    for (const text of garbage) {
      const error = errorOf(text)
      expect(error, text).to.have.property('code', 'ERR_BAD_SCHEME_NAME')
      expect(error.message, text).to.include(schemeForms)
    }
  })
})

describe('resolveScheme', () => {
  it('takes the numbers that were asked for when the devices are there', () => {
    for (const devices of [6, 7, 20]) {
      expect(resolve('mds:6,4', devices)).to.deep.equal({
        scheme: { type: 'mds', n: 6, k: 4 },
        note: undefined,
      })
    }
    expect(resolve('mds:6,6', 6).scheme).to.deep.equal({ type: 'mds', n: 6, k: 6 })
  })

  it('falls back to what fewer devices can do, keeps a spare row and says so', () => {
    const shapes = [5, 4, 3, 2].map(devices => {
      const { scheme, note } = resolve('mds:6,4', devices)
      expect(note).to.include('mds:6,4').and.include(`${devices} are here`)
      return [(scheme as { n: number }).n, scheme!.k]
    })
    expect(shapes).to.deep.equal([
      [5, 4],
      [4, 3],
      [3, 2],
      [2, 1],
    ])
  })

  it('never asks for more rows than devices, nor for redundancy that is none', () => {
    for (const text of ['mds:10,7', 'lt', 'vandermonde', 'lt:10,7', 'replication:3', 'uncoded']) {
      for (let devices = 2; devices <= 20; devices++) {
        const scheme = resolve(text, devices).scheme!
        const n = 'n' in scheme ? scheme.n : scheme.k * ('r' in scheme ? scheme.r : 1)
        expect(n, `${text} on ${devices}`).to.be.within(1, devices)
        if ('n' in scheme) expect(scheme.k, `${text} on ${devices}`).to.be.below(n)
      }
    }
  })

  it('builds no code larger than can be decoded, however many devices are there', () => {
    expect(resolve('uncoded', 1000).scheme).to.deep.equal({ type: 'uncoded', k: 256 })
    expect(resolve('mds:256,183', 1000).scheme).to.deep.equal({ type: 'mds', n: 256, k: 183 })
    expect(resolve('replication:2', 1000).scheme).to.deep.equal({
      type: 'replication',
      k: 128,
      r: 2,
    })
  })

  it('gives no more copies than devices', () => {
    expect(resolve('replication:3', 2)).to.deep.equal({
      scheme: { type: 'replication', k: 1, r: 2 },
      note: 'replication:3 needs 3 devices, 2 are here: using 2',
    })
    expect(resolve('replication:2', 7).scheme).to.deep.equal({ type: 'replication', k: 3, r: 2 })
  })
})
