import { connectClient, type DeviceNews } from '@cocoi/client'
import { TestbedError } from './errors.ts'

export interface RollCallOptions {
  /** Address of the broker. */
  readonly url: string
  /** First levels of every topic. */
  readonly base?: string
  /** Identifiers of the devices that are to come online. */
  readonly devices: readonly string[]
  /** Sessions that began earlier, in ms, do not count: a broker may retain the status of others. */
  readonly since: number
  readonly timeoutMs: number
  /** Told how many of them are there. */
  readonly onOnline?: (count: number) => void
}

/**
 * Performs `act`, which starts devices, and resolves with its result when all of them have announced
 * themselves. Neither outlives the other: the first failure is that of the whole.
 *
 * @throws {TestbedError} ERR_CLUSTER_TIMEOUT, or what `act` rejects with
 */
export async function withRollCall<T>(options: RollCallOptions, act: () => Promise<T>): Promise<T> {
  const { url, base } = options
  const client = await connectClient({
    url,
    id: 'testbed',
    ...(base === undefined ? {} : { base }),
  })
  const roll = new RollCall(options)
  try {
    await client.watch.devices(news => roll.note(news))
    const [result] = await Promise.all([act(), roll.complete])
    return result
  } finally {
    roll.end()
    await client.close()
  }
}

class RollCall {
  readonly complete: Promise<void>
  readonly #options: RollCallOptions
  readonly #missing: Set<string>
  #timer: NodeJS.Timeout | undefined
  #resolve!: () => void

  constructor(options: RollCallOptions) {
    this.#options = options
    this.#missing = new Set(options.devices)
    this.complete = new Promise((resolve, reject) => {
      this.#resolve = resolve
      this.#timer = setTimeout(() => reject(this.#late()), options.timeoutMs)
    })
    if (this.#missing.size === 0) this.#resolve()
  }

  note(news: DeviceNews): void {
    const { devices, since, onOnline } = this.#options
    if (!('status' in news) || news.status.state !== 'online') return
    if (news.status.session < since || !this.#missing.delete(news.device)) return
    onOnline?.(devices.length - this.#missing.size)
    if (this.#missing.size === 0) this.#resolve()
  }

  end(): void {
    clearTimeout(this.#timer)
  }

  #late(): TestbedError {
    const { devices, timeoutMs } = this.#options
    const missing = [...this.#missing].join(', ')
    const message = `not online after ${timeoutMs} ms: ${missing} of ${devices.length} devices`
    return new TestbedError('ERR_CLUSTER_TIMEOUT', message)
  }
}
