/** So many losses within so long a time are no outage of the broker. */
const losses = 4
const withinMs = 60_000
/** The same cause is not told more often than this. */
const silenceMs = 600_000

/**
 * Notices a connection that is lost again and again. The commonest cause is a second device of the
 * same name, of which MQTT lets only the one that came last stay: Pis made from one image have one host
 * name.
 */
export class Restlessness {
  readonly #lostAt: number[] = []
  #toldAt = Number.NEGATIVE_INFINITY

  /** The connection was lost; says whether it is time to tell. Times in ms. */
  lost(now: number): boolean {
    this.#lostAt.push(now)
    if (this.#lostAt.length > losses) this.#lostAt.shift()
    const restless = this.#lostAt.length === losses && now - this.#lostAt[0]! <= withinMs
    if (!restless || now - this.#toldAt < silenceMs) return false
    this.#toldAt = now
    return true
  }
}
