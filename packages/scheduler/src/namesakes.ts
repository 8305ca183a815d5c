/** A process that may not go on under a name which another one had before. */
export interface Retirement {
  readonly instance: string
  /** False if it was told before and is still there. */
  readonly isNew: boolean
}

/** Processes remembered for each name; who is restarted more often has nobody to be mistaken for. */
const maxInstances = 8

/**
 * Finds devices that have one name, as Pis made from one image do. MQTT lets only the one that connected
 * last stay (MQTT 3.1.1 §3.1.4), so they throw each other out for ever. A process that has ended never
 * comes back: one that says `online` after another has done so under its name is a second device, and
 * those that came between have to go.
 */
export class Namesakes {
  /** Instances by device, in the order in which they came, and whether they were told to go. */
  readonly #instances = new Map<string, Map<string, { retired: boolean }>>()

  /**
   * A device says that it is online.
   *
   * @param instance names the process
   * @returns who has to go, this one or those that came after it
   */
  hear(device: string, instance: string): Retirement[] {
    const known = this.#of(device)
    const own = known.get(instance)
    if (own?.retired) return [{ instance, isNew: false }]
    if (!own) {
      this.#add(known, instance)
      return []
    }
    const names = [...known.keys()]
    const later = names.slice(names.indexOf(instance) + 1)
    const intruders = later.filter(other => !known.get(other)!.retired)
    for (const other of intruders) known.get(other)!.retired = true
    return intruders.map(other => ({ instance: other, isNew: true }))
  }

  isRetired(device: string, instance: string): boolean {
    return this.#instances.get(device)?.get(instance)?.retired ?? false
  }

  #of(device: string): Map<string, { retired: boolean }> {
    const known = this.#instances.get(device) ?? new Map()
    this.#instances.set(device, known)
    return known
  }

  #add(known: Map<string, { retired: boolean }>, instance: string): void {
    known.set(instance, { retired: false })
    if (known.size > maxInstances) known.delete([...known.keys()][0]!)
  }
}
