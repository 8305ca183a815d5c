import { bytes, counted, flops, milliseconds, type RunReport, runTable, table } from '@cocoi/cli'
import { expect } from 'chai'

const run: RunReport = {
  ...{ scheme: 'mds:6,4', devices: 6, killed: 0, frozen: 0, slowed: 0 },
  latencyMs: { p50: 99.94, p99: 1234.5, all: [] },
  ...{ maxAbsError: 0.00017, maxRelError: 0.00087, bytesOut: 1_600_000, bytesIn: 969_700 },
  ...{ stages: [], notes: [], errors: [], ok: true },
}

describe('numbers for people', () => {
  it('come in the unit that leaves one to three digits before the point', () => {
    expect([0, 999, 1000, 999_900, 1e6, 2.5e9].map(bytes)).to.deep.equal([
      ...['0 B', '999 B', '1.0 kB', '999.9 kB', '1.0 MB', '2.50 GB'],
    ])
    expect([999, 123_456, 9.83e6, 1.03e8, 3.7e9].map(flops)).to.deep.equal([
      ...['0.999 kF', '123 kF', '9.83 MF', '103 MF', '3.70 GF'],
    ])
    expect([0.04, 99.94, 100.4, 4350.2].map(milliseconds)).to.deep.equal([
      ...['0.0 ms', '99.9 ms', '100 ms', '4350 ms'],
    ])
    expect([counted(1, 'device'), counted(6, 'device')]).to.deep.equal(['1 device', '6 devices'])
  })
})

describe('table', () => {
  it('has numbers to the right, and no space at the end of a line', () => {
    const text = table(
      ['name', 'count', 'place'],
      [
        ['a', '1', 'x'],
        ['long', '100', ''],
      ],
    )
    expect(text.split('\n')).to.deep.equal([
      'name  count  place',
      'a         1      x',
      'long    100',
    ])
  })

  it('keeps a cell of several lines beside its row', () => {
    const rows = [['0', 'a\nb', '7']]
    const text = table(['stage', 'layers', 'n'], rows, ['left', 'left'])
    expect(text.split('\n')).to.deep.equal(['stage  layers  n', '0      a       7', '       b'])
  })
})

describe('table of runs', () => {
  it('says of each scheme how fast, how much and how right', () => {
    const [, row] = runTable([run]).split('\n')
    expect(row).to.equal(
      'mds:6,4        6  99.9 ms  1235 ms  1.6 MB  969.7 kB  1.7e-4 (0.087 %)  ✔ right',
    )
  })

  it('says which devices were struck, and that an answer is missing', () => {
    const struck = { ...run, killed: 1, frozen: 2, slowed: 3, errors: ['ERR_X: y'], ok: false }
    const text = runTable([struck])
    expect(text).to.match(/6 \(1 killed, 2 frozen, 3 slow\).* no answer {2}✘ wrong/)
  })
})
