import type { Engine, EngineSession } from '@cocoi/engine'

/** Sessions of one executable by an identity of the caller's choice, each loaded once. */
export class SessionCache {
  readonly #engine: Engine
  readonly #weightsFolder: string
  readonly #sessions = new Map<unknown, Promise<EngineSession>>()

  constructor(engine: Engine, weightsFolder: string) {
    this.#engine = engine
    this.#weightsFolder = weightsFolder
  }

  load(key: unknown, model: () => Uint8Array): Promise<EngineSession> {
    const known = this.#sessions.get(key)
    if (known) return known
    const session = this.#engine.load(model(), { weightsFolder: this.#weightsFolder })
    this.#sessions.set(key, session)
    return session
  }

  async release(): Promise<void> {
    const sessions = await Promise.allSettled(this.#sessions.values())
    this.#sessions.clear()
    for (const session of sessions) {
      if (session.status === 'fulfilled') await session.value.release()
    }
  }
}
