import type { EngineTensor } from '@cocoi/engine'

/** The tensors that one inference currently holds, by their name in the rewritten model. */
export class LiveTensors {
  readonly #tensors: Map<string, EngineTensor>

  constructor(inputs: Readonly<Record<string, EngineTensor>>) {
    this.#tensors = new Map(Object.entries(inputs))
  }

  /** @throws {Error} if the tensor was never computed or already released: a compiler fault */
  get(name: string): EngineTensor {
    const tensor = this.#tensors.get(name)
    if (!tensor) throw new Error(`tensor "${name}" is not live`)
    return tensor
  }

  set(name: string, tensor: EngineTensor): void {
    this.#tensors.set(name, tensor)
  }

  delete(names: Iterable<string>): void {
    for (const name of names) this.#tensors.delete(name)
  }

  pick(names: readonly string[]): Record<string, EngineTensor> {
    return Object.fromEntries(names.map(name => [name, this.get(name)]))
  }
}
