import { type CocoiClient, connectClient } from '@cocoi/client'
import type { CoordinatorHealth, DeviceHealth, ModelState, Status } from '@cocoi/protocol'

interface Wish {
  readonly check: () => void
  readonly fail: () => void
}

/** A wait that has seen no fulfilment after this long has failed. */
const patienceMs = 45_000

/** What a viewer of the topics knows of a cluster, and waits for a state of it. */
export class ClusterView {
  readonly devices = new Map<string, { status?: Status; health?: DeviceHealth }>()
  readonly coordinator: { status?: Status; health?: CoordinatorHealth } = {}
  readonly models = new Map<string, ModelState>()
  readonly #client: CocoiClient
  readonly #wishes = new Set<Wish>()

  private constructor(client: CocoiClient) {
    this.#client = client
  }

  static async open(url: string, id = 'viewer'): Promise<ClusterView> {
    const view = new ClusterView(await connectClient({ url, id, connectTimeoutMs: patienceMs }))
    await view.#follow()
    return view
  }

  /** Resolves once `condition` holds, which is looked at whenever news arrive. */
  async until(what: string, condition: (view: this) => boolean): Promise<void> {
    if (condition(this)) return
    await new Promise<void>((resolve, reject) => {
      const end = () => {
        clearTimeout(timer)
        this.#wishes.delete(wish)
      }
      const wish: Wish = {
        check: () => {
          if (!condition(this)) return
          end()
          resolve()
        },
        fail: () => {
          end()
          reject(new Error(`${what}: not within ${patienceMs} ms; last seen: ${this.#summary()}`))
        },
      }
      const timer = setTimeout(wish.fail, patienceMs)
      this.#wishes.add(wish)
    })
  }

  /** Devices whose latest status has this state. */
  inState(state: Status['state']): string[] {
    const entries = [...this.devices].filter(([, { status }]) => status?.state === state)
    return entries.map(([device]) => device).sort()
  }

  close(): Promise<void> {
    return this.#client.close()
  }

  async #follow(): Promise<void> {
    const { watch } = this.#client
    await watch.devices(({ device, ...news }) => {
      this.devices.set(device, { ...this.devices.get(device), ...news })
      this.#changed()
    })
    await watch.coordinator(news => {
      Object.assign(this.coordinator, news)
      this.#changed()
    })
    await watch.models(state => {
      this.models.set(state.name, state)
      this.#changed()
    })
  }

  #changed(): void {
    for (const { check } of [...this.#wishes]) check()
  }

  #summary(): string {
    const { coordinator, models } = this
    return JSON.stringify({ coordinator, devices: [...this.devices], models: [...models] })
  }
}
