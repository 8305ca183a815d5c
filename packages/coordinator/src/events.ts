import { encodeEvent, type SystemEvent, type Topics } from '@cocoi/protocol'
import type { Transport } from '@cocoi/transport'
import type { Deployment } from './deployment.ts'
import type { FleetChange } from './fleet.ts'

export interface EventsOptions {
  readonly control: Transport
  readonly topics: Topics
  readonly onError: (what: string, error: unknown) => void
}

/** Tells on the events topic what happened, for people and dashboards. */
export class Events {
  readonly #options: EventsOptions

  constructor(options: EventsOptions) {
    this.#options = options
  }

  fleetChanged(change: FleetChange): void {
    const { type, device } = change
    const details = type === 'lost' ? { device, reason: change.reason } : { device }
    this.#publish(`device-${type}`, details)
  }

  quarantined(device: string, reason: string): void {
    this.#publish('device-quarantined', { device, reason })
  }

  duplicate(device: string, reason: string): void {
    this.#publish('device-duplicate', { device, reason })
  }

  planChanged(model: string, { scheme, devices, plan }: Deployment): void {
    this.#publish('plan-changed', { model, scheme, devices, stages: plan.stages.length })
  }

  #publish(type: string, details: Record<string, string | number>): void {
    const { control, topics, onError } = this.#options
    if (!control.connected) return
    const event: SystemEvent = { type, at: new Date().toISOString(), ...details }
    control
      .publish(topics.events(), encodeEvent(event), { qos: 0, timeoutMs: 5000 })
      .catch(error => onError(`telling of ${type}`, error))
  }
}
