import { readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import { CONFIG_SECTIONS } from '@cocoi/service'
import { expect } from 'chai'

type Section = { [key: string]: string | number | boolean | Section }

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

function variableOf(path: readonly string[]): string {
  const words = path.join('_').replace(/[A-Z]/g, letter => `_${letter}`)
  return `COCOI_${words}`.toUpperCase()
}

interface Field {
  readonly description?: string
  /** Of a key that holds further keys. */
  readonly shape?: Record<string, unknown>
}

function eachKey<T>(visit: (path: readonly string[], description: string) => T): T[] {
  const within = (shape: object, path: readonly string[]): T[] =>
    Object.entries(shape).flatMap(([key, field]: [string, Field]) =>
      field.shape
        ? within(field.shape, [...path, key])
        : [visit([...path, key], field.description ?? '')],
    )
  return Object.entries(CONFIG_SECTIONS).flatMap(([name, { shape }]) => within(shape, [name]))
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
  const rows = eachKey((path, description) => {
    const value = `\`${JSON.stringify(valueAt(defaults, path))}\``
    return `| \`${path.join('.')}\` | ${value} | \`${variableOf(path)}\` | ${description} |`
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
    const want = eachKey(path => `${path.join('.')} ${variableOf(path)}`)
    expect(leaves(variables)).to.have.members(want)
  })

  it('is described, key by key', () => {
    expect(eachKey((path, text) => (text ? '' : path.join('.'))).filter(Boolean)).to.deep.equal([])
    const text = readFileSync(README, 'utf8')
    const introduction = text.slice(0, text.indexOf(BEGIN) + BEGIN.length)
    const want = `${introduction}\n${table(defaults)}`
    if (process.env.UPDATE_CONFIG_README) writeFileSync(README, want)
    else expect(text).to.equal(want)
  })
})
