import type { CoordinatorProfile, DeviceProfile } from '@cocoi/planner'
import type { Agenda } from './agenda.ts'
import type { Chance } from './chance.ts'
import type { Link, Network } from './network.ts'
import { Server } from './server.ts'

/** The links between a coordinator and its devices that transfers share, by direction. */
export interface SharedLinks {
  readonly out: readonly Link[]
  readonly in: readonly Link[]
}

/**
 * The way of the tensors: out through the coordinator's JavaScript and broker, its network
 * interface, the switch and the device's link, and back the same way.
 */
export class Wire {
  readonly #agenda: Agenda
  readonly #chance: Chance
  readonly #hop: Server
  readonly #hopSpeed: CoordinatorProfile['hop']
  readonly #network: Network
  readonly #links: SharedLinks

  constructor(
    { hop }: CoordinatorProfile,
    options: { agenda: Agenda; chance: Chance; network: Network; links: SharedLinks },
  ) {
    this.#agenda = options.agenda
    this.#chance = options.chance
    this.#network = options.network
    this.#links = options.links
    this.#hop = new Server(options.agenda)
    this.#hopSpeed = hop
  }

  toDevice({ link }: DeviceProfile, bytes: number, arrive: () => void): void {
    const path = { links: this.#links.out, capBytesPerS: link.bytesPerS }
    this.#hop.take(this.#hopMs(bytes), () =>
      this.#network.send(bytes, path, () =>
        this.#agenda.in(link.latencyMs + this.#delayMs(link, bytes), arrive),
      ),
    )
  }

  fromDevice({ link }: DeviceProfile, bytes: number, arrive: () => void): void {
    const path = { links: this.#links.in, capBytesPerS: link.bytesPerS }
    this.#agenda.in(link.latencyMs + this.#delayMs(link, bytes), () =>
      this.#network.send(bytes, path, () => this.#hop.take(this.#hopMs(bytes), arrive)),
    )
  }

  /** A message so small, and on a connection of its own, that it waits for nothing. */
  control({ link }: DeviceProfile, arrive: () => void): void {
    this.#agenda.in(link.latencyMs, arrive)
  }

  #hopMs(bytes: number): number {
    const { perMessageMs, bytesPerS } = this.#hopSpeed
    return perMessageMs + (bytes / bytesPerS) * 1000
  }

  #delayMs(link: DeviceProfile['link'], bytes: number): number {
    const ownMs = (bytes / link.bytesPerS) * 1000 * link.straggling
    const draws = [this.#chance.exponential(), this.#chance.exponential()]
    return ownMs * draws[0]! + link.delayMs * draws[1]!
  }
}
