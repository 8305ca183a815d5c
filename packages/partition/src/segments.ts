import {
  ElementType,
  extractModel,
  type ModelProto,
  type NodeProto,
  nodeInputs,
  tensorTypes,
} from '@cocoi/onnx'

/** A piece of the rewritten model that the coordinator runs in one go. */
export interface Segment {
  readonly model: ModelProto
  /** Tensors it reads: model inputs, decoded pieces, and live tensors of earlier segments. */
  readonly inputs: readonly string[]
  /** Tensors that it computes and that a stage, a later segment or the user needs. */
  readonly outputs: readonly string[]
}

/** What one stage adds to the flow of an inference. */
export interface StageTensors {
  /** Tensors that must exist before the stage's subtasks can be sent. */
  readonly needs: readonly string[]
  /** Tensors that exist once the stage is decoded. */
  readonly gives: readonly string[]
}

export interface Schedule {
  readonly steps: readonly { head: Segment | undefined; side: Segment | undefined }[]
  readonly tail: Segment | undefined
}

/**
 * Cuts a rewritten model at its stages. Before stage i runs its *head*: just the nodes that its
 * coded inputs depend on. While its subtasks are away runs the *side*: everything else that is
 * already computable. What is left at the end is the *tail*.
 *
 * Only tensors whose type is stated can be handed from one segment to another; others (their shape
 * depends on the data, say, or they are sequences) are computed again in each segment that reads
 * them.
 *
 * @param stages in an order in which they can run
 * @param outputs the outputs of the user's model
 */
export function cutSegments(
  model: ModelProto,
  stages: readonly StageTensors[],
  outputs: readonly string[],
): Schedule {
  const graph = new Dependencies(model)
  const available = new Set(model.graph!.input.map(({ name }) => name))
  for (const stage of stages) for (const name of stage.gives) available.delete(name)
  const all = [...outputs, ...stages.flatMap(stage => stage.needs)]
  const remotes = new Set(stages.flatMap(stage => stage.gives))
  const needed = graph.ancestors(all, new Set([...available, ...remotes]))
  const cut: { head: NodeProto[]; side: NodeProto[] }[] = []
  for (const stage of stages) {
    const head = graph.take(stage.needs, available)
    const side = graph.take(graph.computable(needed, available), available)
    for (const name of stage.gives) available.add(name)
    cut.push({ head, side })
  }
  const tail = graph.take(outputs, available)
  return toSegments(model, { cut, tail, wanted: stages.map(stage => stage.needs), outputs })
}

/** Who computes what, over nodes in topological order. */
class Dependencies {
  readonly #nodes: readonly NodeProto[]
  readonly #constants: ReadonlySet<string>
  readonly #types: ReadonlyMap<string, number>

  constructor(model: ModelProto) {
    this.#nodes = model.graph!.node
    this.#constants = new Set(model.graph!.initializer.map(({ name }) => name))
    this.#types = tensorTypes(model)
  }

  /** Nodes that the tensors depend on beyond those available, in topological order. */
  ancestors(tensors: readonly string[], available: ReadonlySet<string>): NodeProto[] {
    const wanted = new Set(tensors.filter(name => !available.has(name)))
    const found = this.#nodes.toReversed().filter(node => {
      if (!node.output.some(name => wanted.has(name))) return false
      for (const name of nodeInputs(node)) if (!available.has(name)) wanted.add(name)
      return true
    })
    return found.reverse()
  }

  /** The nodes that still have to run for the tensors; what they give is available from now on. */
  take(tensors: readonly string[], available: Set<string>): NodeProto[] {
    const nodes = this.ancestors(tensors, available)
    for (const name of nodes.flatMap(node => node.output)) {
      if (this.#canMove(name)) available.add(name)
    }
    return nodes
  }

  /** Tensors that can move and can be computed, transitively, from those available. */
  computable(nodes: readonly NodeProto[], available: ReadonlySet<string>): string[] {
    const existing = new Set([...available, ...this.#constants])
    const ready = nodes.filter(node => {
      if (!nodeInputs(node).every(name => existing.has(name))) return false
      for (const name of node.output) existing.add(name)
      return true
    })
    return ready.flatMap(node => node.output).filter(name => this.#canMove(name))
  }

  #canMove(name: string): boolean {
    const type = this.#types.get(name)
    return type !== undefined && type !== ElementType.string
  }
}

interface Cut {
  readonly cut: readonly { head: NodeProto[]; side: NodeProto[] }[]
  readonly tail: readonly NodeProto[]
  readonly wanted: readonly (readonly string[])[]
  readonly outputs: readonly string[]
}

/** Turns lists of nodes into models, keeping as outputs only what somebody later reads. */
function toSegments(model: ModelProto, { cut, tail, wanted, outputs }: Cut): Schedule {
  let later = new Set(outputs)
  const segmentOf = (nodes: readonly NodeProto[]): Segment | undefined => {
    const segment = nodes.length > 0 ? makeSegment(model, nodes, later) : undefined
    later = new Set([...later, ...(segment?.inputs ?? [])])
    return segment
  }
  const last = segmentOf(tail)
  const steps = cut.toReversed().map(({ head, side }, i) => {
    const sideSegment = segmentOf(side)
    later = new Set([...later, ...wanted.at(-1 - i)!])
    return { head: segmentOf(head), side: sideSegment }
  })
  return { steps: steps.reverse(), tail: last }
}

function makeSegment(
  model: ModelProto,
  nodes: readonly NodeProto[],
  later: ReadonlySet<string>,
): Segment {
  const own = new Set(nodes.flatMap(node => node.output))
  const constants = new Set(model.graph!.initializer.map(({ name }) => name))
  const reads = new Set(nodes.flatMap(node => nodeInputs(node)))
  const inputs = [...reads].filter(name => name !== '' && !own.has(name) && !constants.has(name))
  const outputs = [...own].filter(name => later.has(name))
  return { model: extractModel(model, { inputs, outputs }), inputs, outputs }
}
