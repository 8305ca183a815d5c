import { readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import { CONFIG_SECTIONS, settingKeys } from '@cocoi/service'
import { expect } from 'chai'

type Section = { [key: string]: string | number | boolean | Section }

const { default: parser } = createRequire(import.meta.url)('config/parser.js') as {
  default: { json5Parser(name: string, text: string): Record<string, Section> }
}
const README = fileURLToPath(new URL('../../../../config/README.md', import.meta.url))
const BEGIN = '<!-- the table is made from the schema: npm run docs:settings -->\n'

function configFile(name: string): Record<string, Section> {
  const path = fileURLToPath(new URL(`../../../../config/${name}`, import.meta.url))
  return parser.json5Parser(name, readFileSync(path, 'utf8'))
}

function valueAt(tree: Section, path: readonly string[]): unknown {
  return path.reduce<unknown>((value, key) => (value as Section | undefined)?.[key], tree)
}

function leaves(tree: Section, path: readonly string[] = []): string[] {
  return Object.entries(tree).flatMap(([key, value]) =>
    typeof value === 'object'
      ? leaves(value, [...path, key])
      : [`${[...path, key].join('.')} ${value}`],
  )
}

function table(defaults: Record<string, Section>): string {
  const rows = settingKeys().map(({ path, key, variable, unit = '', description }) => {
    const value = `\`${JSON.stringify(valueAt(defaults, path))}\``
    return `| \`${key}\` | ${value} | ${unit} | \`${variable}\` | ${description} |`
  })
  return [
    '| key | default | unit | environment variable | what it is |',
    '|---|---|---|---|---|',
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
    const want = settingKeys().map(({ key, variable }) => `${key} ${variable}`)
    expect(leaves(variables)).to.have.members(want)
  })

  it('says the unit of every duration and size', () => {
    for (const { key, unit } of settingKeys()) {
      const expected = key.endsWith('Ms') ? 'ms' : /[bB]ytes/.test(key) ? 'bytes' : undefined
      if (expected !== undefined) expect(unit, key).to.equal(expected)
    }
  })

  it('is described, key by key', () => {
    const mute = settingKeys().filter(({ description }) => description === '')
    expect(mute.map(({ key }) => key)).to.deep.equal([])
    const text = readFileSync(README, 'utf8')
    const introduction = text.slice(0, text.indexOf(BEGIN) + BEGIN.length)
    const want = `${introduction}\n${table(defaults)}`
    if (process.env.UPDATE_CONFIG_README) writeFileSync(README, want)
    else expect(text).to.equal(want)
  })
})
