import { setTimeout as sleep } from 'node:timers/promises'
import { connectClient, type DeviceNews } from '@cocoi/client'

/** Who is expected to be seen, just now: somebody who is being harmed meanwhile is not. */
export interface Expectation {
  readonly devices: readonly string[]
  readonly coordinator: boolean
}

/** After this long it is not coming any more. */
const patienceMs = 20_000

/**
 * How long it takes from now until a client that has just come finds everything that is retained: status
 * and health of everybody, and the state of the model. Undefined if it does not.
 */
export async function timeUntilStateIsBack(
  { url, model }: { url: string; model: string },
  expected: () => Expectation,
): Promise<number | undefined> {
  const startedAt = performance.now()
  const client = await connectClient({ url, id: 'chaos-newcomer', connectTimeoutMs: patienceMs })
  try {
    const seen = new Seen(model, expected)
    await client.watch.devices(news => seen.device(news))
    await client.watch.coordinator(news => seen.note('coordinator', news))
    await client.watch.models(({ name }) => seen.note(name, { state: name }))
    const late = sleep(patienceMs, 'late' as const, { ref: false })
    const end = await Promise.race([seen.complete, late])
    return end === 'late' ? undefined : performance.now() - startedAt
  } finally {
    await client.close()
  }
}

/** What a newcomer has seen. */
class Seen {
  readonly complete: Promise<void>
  readonly #model: string
  readonly #expected: () => Expectation
  readonly #facts = new Set<string>()
  #resolve!: () => void

  constructor(model: string, expected: () => Expectation) {
    this.#model = model
    this.#expected = expected
    this.complete = new Promise(resolve => {
      this.#resolve = resolve
    })
  }

  device({ device, ...news }: DeviceNews): void {
    this.note(device, news)
  }

  /** Heartbeats come every second: what is expected is looked at anew that often at least. */
  note(who: string, news: object): void {
    if ('status' in news && (news.status as { state: string }).state !== 'online') return
    for (const kind of Object.keys(news)) this.#facts.add(`${who} ${kind}`)
    const { devices, coordinator } = this.#expected()
    const wanted = devices.flatMap(device => [`${device} status`, `${device} health`])
    if (coordinator) {
      wanted.push('coordinator status', 'coordinator health', `${this.#model} state`)
    }
    if (wanted.every(fact => this.#facts.has(fact))) this.#resolve()
  }
}
