import type { Agenda } from './agenda.ts'

/** Something that does one thing after the other: an engine's worker thread, an event loop. */
export class Server {
  readonly #agenda: Agenda
  #freeAt = 0

  constructor(agenda: Agenda) {
    this.#agenda = agenda
  }

  /** Queues a job; `done` is called when it has been served. */
  take(ms: number, done: () => void): void {
    this.#freeAt = Math.max(this.#freeAt, this.#agenda.now) + ms
    this.#agenda.at(this.#freeAt, done)
  }
}
