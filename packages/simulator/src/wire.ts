import type { DeviceProfile, Fleet } from '@cocoi/planner'
import type { Agenda } from './agenda.ts'
import type { Chance } from './chance.ts'
import { Medium } from './medium.ts'
import { Server } from './server.ts'

/**
 * The way of the tensors: out through the coordinator's JavaScript and broker, its network
 * interface and the device's link, and back the same way.
 */
export class Wire {
  readonly #agenda: Agenda
  readonly #chance: Chance
  readonly #hop: Server
  readonly #fleet: Fleet
  readonly #out: Medium
  readonly #in: Medium

  constructor(fleet: Fleet, agenda: Agenda, chance: Chance) {
    const { nic } = fleet.coordinator
    this.#fleet = fleet
    this.#agenda = agenda
    this.#chance = chance
    this.#hop = new Server(agenda)
    this.#out = new Medium(agenda, nic.bytesPerS)
    this.#in = nic.duplex === 'half' ? this.#out : new Medium(agenda, nic.bytesPerS)
  }

  toDevice({ link }: DeviceProfile, bytes: number, arrive: () => void): void {
    this.#hop.take(this.#hopMs(bytes), () =>
      this.#out.send(bytes, link.bytesPerS, () =>
        this.#agenda.in(link.latencyMs + this.#delayMs(link, bytes), arrive),
      ),
    )
  }

  fromDevice({ link }: DeviceProfile, bytes: number, arrive: () => void): void {
    this.#agenda.in(link.latencyMs + this.#delayMs(link, bytes), () =>
      this.#in.send(bytes, link.bytesPerS, () => this.#hop.take(this.#hopMs(bytes), arrive)),
    )
  }

  /** A message so small, and on a connection of its own, that it waits for nothing. */
  control({ link }: DeviceProfile, arrive: () => void): void {
    this.#agenda.in(link.latencyMs, arrive)
  }

  #hopMs(bytes: number): number {
    const { perMessageMs, bytesPerS } = this.#fleet.coordinator.hop
    return perMessageMs + (bytes / bytesPerS) * 1000
  }

  #delayMs(link: DeviceProfile['link'], bytes: number): number {
    const ownMs = (bytes / link.bytesPerS) * 1000 * link.straggling
    const draws = [this.#chance.exponential(), this.#chance.exponential()]
    return ownMs * draws[0]! + link.delayMs * draws[1]!
  }
}
