import {
  type ModelProto,
  type NodeProto,
  nodeInputs,
  tensorShapes,
  topologicalOrder,
} from '@cocoi/onnx'
import type { StageLayout } from '@cocoi/partition'
import { nodeWork } from './node-work.ts'
import { addWork, noWork, type Work } from './work.ts'

/** What the coordinator computes before a stage is sent, while it is away, and at the end. */
export interface LocalWork {
  readonly steps: readonly { readonly head: Work; readonly side: Work }[]
  readonly tail: Work
}

interface Entry {
  readonly inputs: readonly string[]
  readonly outputs: readonly string[]
  readonly work: Work
}

/**
 * A model as costs and dependencies. It divides the local nodes as `cutSegments` of `partition`
 * does with the rewritten model: what a stage's inputs depend on before it, all else that is
 * computable while its subtasks are away, the rest at the end.
 */
export class WorkGraph {
  readonly #entries: readonly Entry[]
  readonly #available: ReadonlySet<string>
  readonly #byOutput = new Map<string, number>()

  constructor(model: ModelProto) {
    const graph = model.graph!
    const shapes = tensorShapes(model)
    const constants = new Set(graph.initializer.map(({ name }) => name))
    this.#available = new Set(graph.input.map(({ name }) => name))
    this.#entries = topologicalOrder(graph).map((node: NodeProto) => ({
      inputs: nodeInputs(node).filter(name => name !== '' && !constants.has(name)),
      outputs: node.output,
      work: nodeWork(node, shapes),
    }))
    for (const [i, { outputs }] of this.#entries.entries()) {
      for (const name of outputs) this.#byOutput.set(name, i)
    }
  }

  /** All of it, on one machine. */
  get total(): Work {
    return addWork(...this.#entries.map(({ work }) => work))
  }

  split(layouts: readonly StageLayout[]): LocalWork {
    const remote = new Set(layouts.flatMap(({ convs }) => convs.map(({ output }) => output)))
    const open = new Set(this.#entries.keys())
    for (const name of remote) open.delete(this.#byOutput.get(name)!)
    const available = new Set(this.#available)
    const steps = layouts.map(({ inputs, convs }) => {
      const head = this.#head(
        inputs.map(({ tensor }) => tensor),
        { open, available },
      )
      const side = this.#side({ open, available })
      for (const { output } of convs) available.add(output)
      return { head, side }
    })
    return { steps, tail: addWork(...[...open].map(i => this.#entries[i]!.work)) }
  }

  /** The work that these tensors still need. */
  #head(tensors: readonly string[], state: Division): Work {
    let work = noWork
    for (const name of tensors) {
      const i = state.available.has(name) ? undefined : this.#byOutput.get(name)
      if (i === undefined || !state.open.has(i)) continue
      work = addWork(work, this.#head(this.#entries[i]!.inputs, state), this.#take(i, state))
    }
    return work
  }

  #side(state: Division): Work {
    let work = noWork
    for (const i of [...state.open]) {
      const isReady = this.#entries[i]!.inputs.every(name => state.available.has(name))
      if (isReady) work = addWork(work, this.#take(i, state))
    }
    return work
  }

  #take(i: number, { open, available }: Division): Work {
    open.delete(i)
    for (const name of this.#entries[i]!.outputs) available.add(name)
    return this.#entries[i]!.work
  }
}

interface Division {
  /** Nodes nobody has computed yet, in topological order. */
  readonly open: Set<number>
  readonly available: Set<string>
}
