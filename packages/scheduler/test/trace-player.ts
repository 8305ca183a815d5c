import { Admission, DeviceQueue, Membership, Stage, type StageOptions } from '@cocoi/scheduler'
import { parseScheme, realCode } from './real-code.ts'

/** Any of the machines. */
interface Machine {
  step(event: object, now: number): readonly object[]
  readonly deadline: number | undefined
}

type Fields = Record<string, unknown>

/**
 * Plays a trace and returns it as it should read. Lines of a trace:
 *
 *     # comment                                 kept, as are empty lines
 *     stage scheme=uncoded:2 devices=a,b        the machine and its options, first of all
 *     at 120 result row=0 attempt=1 device=a    an event at an instant in ms
 *       dispatch row=1 attempt=2 device=a       its effects, indented
 *       deadline 4120                           the machine's deadline, where it changed
 */
export function playTrace(trace: string): string {
  let machine: Machine | undefined
  let deadline: number | undefined
  const played = trace.split('\n').flatMap(line => {
    if (line.startsWith('  ')) return []
    if (line === '' || line.startsWith('#')) return [line]
    const [first, ...rest] = line.split(' ') as [string, ...string[]]
    if (!machine) {
      machine = createMachine(first, parseFields(rest))
      return [line]
    }
    const [instant, type, ...fields] = rest
    const event = { type, ...(type === 'request' && sender), ...parseFields(fields) }
    const effects = machine.step(event, Number(instant))
    const moved =
      machine.deadline === deadline ? [] : [`  deadline ${formatValue(machine.deadline ?? 'none')}`]
    deadline = machine.deadline
    return [line, ...effects.map(effect => `  ${formatFields(effect as Fields)}`), ...moved]
  })
  return played.join('\n')
}

const stageDefaults = {
  maxOutstanding: 1,
  subtaskTimeoutMs: 4000,
  deadlineAt: 10_000,
  local: true,
}

const admissionDefaults = {
  maxRunning: 1,
  maxWaiting: 2,
  maxWaitingBytes: 100,
  rememberMs: 1000,
  maxRemembered: 2,
  maxRememberedBytes: 100,
}

/** Who sends where a trace does not say. */
const sender = { client: 'cam', model: 'net', newest: false, priority: 0 }

function createMachine(kind: string, options: Fields): Machine {
  switch (kind) {
    case 'stage':
      return new Stage(stageOptions(options)) as Machine
    case 'membership':
      return new Membership(options as never) as Machine
    case 'queue':
      return new DeviceQueue(options as never) as Machine
    case 'admission':
      return new Admission({ ...admissionDefaults, ...options }) as Machine
    default:
      throw new RangeError(`unknown machine ${kind}`)
  }
}

function stageOptions({ scheme, noise, devices, ...options }: Fields): StageOptions {
  const code = realCode(parseScheme(`${scheme}`), noise as number | undefined)
  const names = `${devices}`.split(',').filter(name => name !== '')
  return { ...stageDefaults, ...options, ...code, devices: names }
}

function parseFields(words: readonly string[]): Fields {
  return Object.fromEntries(
    words.map(word => {
      const [key, value] = word.split('=') as [string, string]
      return [key, parseValue(key, value)]
    }),
  )
}

function parseValue(key: string, value: string): unknown {
  if (value === 'true' || value === 'false') return value === 'true'
  if (key === 'id') return parseId(value)
  return value !== '' && Number.isFinite(Number(value)) ? Number(value) : value
}

function parseId(value: string): object {
  const [inference, stage, row, attempt] = value.split('/')
  return { inference, stage: Number(stage), row: Number(row), attempt: Number(attempt) }
}

function formatFields({ type, ...fields }: Fields): string {
  const words = Object.entries(fields).map(([key, value]) => `${key}=${formatValue(value)}`)
  return [type, ...words].join(' ')
}

function formatValue(value: unknown): string {
  if (typeof value === 'number') return `${Math.round(value * 10) / 10}`
  if (Array.isArray(value)) return `[${value.join(',')}]`
  if (typeof value === 'object') return Object.values(value as object).join('/')
  return typeof value === 'string' && value.includes(' ') ? JSON.stringify(value) : `${value}`
}
