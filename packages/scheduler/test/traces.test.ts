import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { expect } from 'chai'
import { playTrace } from './trace-player.ts'

/** Traces are read where they are written; this file runs from dist/packages/scheduler/test. */
const folder = new URL('../../../../packages/scheduler/test/traces/', import.meta.url)

describe('traces (UPDATE_TRACES=1 rewrites them; review the difference)', () => {
  for (const name of readdirSync(folder).filter(file => file.endsWith('.trace'))) {
    it(name.slice(0, -'.trace'.length).replaceAll('-', ' '), () => {
      const file = new URL(name, folder)
      const trace = readFileSync(file, 'utf8')
      const played = playTrace(trace)
      if (process.env.UPDATE_TRACES === '1') writeFileSync(file, played)
      else expect(trace).to.equal(played)
    })
  }
})
