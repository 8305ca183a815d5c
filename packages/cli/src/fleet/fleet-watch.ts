import { type CocoiClient, connectClient } from '@cocoi/client'
import { locateBroker } from '@cocoi/discovery'
import { type MqttConfig, readBrokerAccess } from '@cocoi/service'
import { CliError } from '../errors.ts'
import { exitCode } from '../exit-code.ts'

/** How many devices are there, as the coordinator counts them. */
export interface FleetCounts {
  readonly online: number
  /** How many may be lost before a request is no longer answered by devices alone. */
  readonly spare: number
}

/** The fleet as the coordinator tells of it, for somebody who takes devices out of it. */
export class FleetWatch {
  readonly #client: CocoiClient
  readonly #patienceMs: number
  #counts: FleetCounts | undefined
  #onChange: () => void = () => undefined

  private constructor(client: CocoiClient, patienceMs: number) {
    this.#client = client
    this.#patienceMs = patienceMs
  }

  /**
   * @param patienceMs how long the fleet may take to be what is waited for
   * @throws {TransportError} if there is no broker or it does not let us in
   */
  static async open(mqtt: MqttConfig, id: string, patienceMs: number): Promise<FleetWatch> {
    const access = await locateBroker(readBrokerAccess(mqtt))
    const client = await connectClient({ ...access, base: mqtt.base, id })
    const watch = new FleetWatch(client, patienceMs)
    await client.watch.coordinator(news => {
      if (!('health' in news)) return
      const { devices, spare } = news.health
      watch.#counts = { online: devices.online, spare }
      watch.#onChange()
    })
    return watch
  }

  get counts(): FleetCounts | undefined {
    return this.#counts
  }

  /**
   * Resolves once a device can be spared.
   *
   * @throws {CliError} ERR_NO_SPARE
   */
  async untilOneIsSpare(host: string): Promise<void> {
    if (await this.#until(({ spare }) => spare > 0)) return
    const counts = this.#counts
    const state = counts
      ? `of ${counts.online} devices none can be spared`
      : 'no coordinator tells how many devices can be spared'
    const message = `${host} stays as it is: ${state}; add or mend devices first, or say --force`
    throw new CliError('ERR_NO_SPARE', message, exitCode.failed)
  }

  /**
   * Resolves once so many devices are online.
   *
   * @throws {CliError} ERR_HOST
   */
  async untilOnline(count: number, host: string): Promise<void> {
    if (await this.#until(({ online }) => online >= count)) return
    const message = `${host} is healthy, but the coordinator counts ${this.#counts?.online ?? 0} of ${count} devices`
    throw new CliError('ERR_HOST', message, exitCode.failed)
  }

  close(): Promise<void> {
    return this.#client.close()
  }

  #until(condition: (counts: FleetCounts) => boolean): Promise<boolean> {
    return new Promise(resolve => {
      const end = (isSo: boolean) => {
        clearTimeout(timer)
        this.#onChange = () => undefined
        resolve(isSo)
      }
      const timer = setTimeout(() => end(false), this.#patienceMs)
      this.#onChange = () => {
        if (this.#counts && condition(this.#counts)) end(true)
      }
      this.#onChange()
    })
  }
}
