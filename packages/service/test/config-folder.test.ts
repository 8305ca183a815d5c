import { readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import { CONFIG_SECTIONS } from '@cocoi/service'
import { expect } from 'chai'

type Section = Record<string, string | number | boolean>

const { default: parser } = createRequire(import.meta.url)('config/parser.js') as {
  default: { json5Parser(name: string, text: string): Record<string, Section> }
}
const README = fileURLToPath(new URL('../../../../config/README.md', import.meta.url))
const BEGIN =
  '<!-- the table is made from the schema; UPDATE_CONFIG_README=1 npm test writes it -->\n'

function configFile(name: string): Record<string, Section> {
  const path = fileURLToPath(new URL(`../../../../config/${name}`, import.meta.url))
  return parser.json5Parser(name, readFileSync(path, 'utf8'))
}

function variableOf(section: string, key: string): string {
  const words = key.replace(/[A-Z]/g, letter => `_${letter}`)
  return `COCOI_${section}_${words}`.toUpperCase()
}

function eachKey<T>(visit: (section: string, key: string, description: string) => T): T[] {
  return Object.entries(CONFIG_SECTIONS).flatMap(([section, schema]) =>
    Object.entries(schema.shape).map(([key, field]) =>
      visit(section, key, (field as { description?: string }).description ?? ''),
    ),
  )
}

function table(defaults: Record<string, Section>): string {
  const rows = eachKey((section, key, description) => {
    const value = `\`${JSON.stringify(defaults[section]?.[key])}\``
    return `| \`${section}.${key}\` | ${value} | \`${variableOf(section, key)}\` | ${description} |`
  })
  return [
    '| key | default | environment variable | what it is |',
    '|---|---|---|---|',
    ...rows,
    '',
  ].join('\n')
}

describe('config folder', () => {
  const defaults = configFile('default.json5')

  it('holds a valid default for every key of the schema and for no other', () => {
    expect(Object.keys(defaults)).to.have.members(Object.keys(CONFIG_SECTIONS))
    for (const [section, schema] of Object.entries(CONFIG_SECTIONS)) {
      expect(schema.parse(defaults[section]), section).to.deep.equal(defaults[section])
    }
  })

  it('lets an environment variable set every key', () => {
    const variables = configFile('custom-environment-variables.json5')
    const want = eachKey((section, key) => `${section}.${key} ${variableOf(section, key)}`)
    const got = Object.entries(variables).flatMap(([section, keys]) =>
      Object.entries(keys).map(([key, name]) => `${section}.${key} ${name}`),
    )
    expect(got).to.have.members(want)
  })

  it('is described, key by key', () => {
    expect(
      eachKey((section, key, text) => (text ? '' : `${section}.${key}`)).filter(Boolean),
    ).to.deep.equal([])
    const text = readFileSync(README, 'utf8')
    const introduction = text.slice(0, text.indexOf(BEGIN) + BEGIN.length)
    const want = `${introduction}\n${table(defaults)}`
    if (process.env.UPDATE_CONFIG_README) writeFileSync(README, want)
    else expect(text).to.equal(want)
  })
})
