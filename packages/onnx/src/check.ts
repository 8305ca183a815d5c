import { OnnxError } from './errors.ts'
import type { GraphProto, ModelProto, NodeProto } from './generated/onnx_pb.ts'
import { contradictions } from './stated-types.ts'
import { hasSubgraph, nodeInputs, subgraphsOf } from './subgraphs.ts'

/** Problems named in a message before it only counts the rest. */
const maxNamed = 5

/**
 * Checks what a rewrite may break: every tensor is defined once and before it is read, also inside
 * subgraphs; the outputs exist; the operator sets that nodes belong to are imported; and whatever
 * the model states twice about the type or shape of a tensor agrees.
 *
 * @throws {OnnxError} ERR_ONNX_INVALID, naming the tensors
 */
export function checkModel(model: ModelProto): void {
  if (!model.graph) throw new OnnxError('ERR_ONNX_INVALID', 'the model has no graph')
  const problems = [
    ...scopeProblems(model.graph, new Set()),
    ...domainProblems(model, model.graph),
    ...contradictions(model),
  ]
  if (problems.length === 0) return
  const rest = problems.length > maxNamed ? ` and ${problems.length - maxNamed} more problems` : ''
  const message = `graph "${model.graph.name}": ${problems.slice(0, maxNamed).join('; ')}${rest}`
  throw new OnnxError('ERR_ONNX_INVALID', message)
}

/** Walks a graph in the order of its nodes; `outer` are the names that it may capture. */
function scopeProblems(graph: GraphProto, outer: ReadonlySet<string>): string[] {
  const scope = new Scope(outer)
  const inputs = graph.input.map(({ name }) => name)
  const overridable = new Set(inputs)
  for (const name of inputs) scope.define(name, 'graph input')
  const seen = new Set<string>()
  for (const { name } of graph.initializer) {
    if (seen.has(name) || !overridable.has(name)) scope.define(name, 'initializer')
    seen.add(name)
  }
  for (const node of graph.node) scope.run(node)
  scope.finish(graph)
  return scope.problems
}

class Scope {
  readonly problems: string[] = []
  readonly #outer: ReadonlySet<string>
  readonly #own = new Set<string>()

  constructor(outer: ReadonlySet<string>) {
    this.#outer = outer
  }

  define(name: string, what: string): void {
    if (name === '') this.problems.push(`a ${what} has no name`)
    if (this.#own.has(name))
      this.problems.push(`"${name}" is defined twice, the second time as ${what}`)
    this.#own.add(name)
  }

  run(node: NodeProto): void {
    const missing = nodeInputs(node).filter(name => !this.#has(name))
    for (const name of missing)
      this.problems.push(`${label(node)} reads "${name}" before it exists`)
    if (missing.length === 0 && hasSubgraph(node)) {
      const visible = new Set([...this.#outer, ...this.#own])
      this.problems.push(...subgraphsOf(node).flatMap(graph => scopeProblems(graph, visible)))
    }
    for (const name of node.output) if (name !== '') this.define(name, `output of ${label(node)}`)
  }

  finish(graph: GraphProto): void {
    const names = graph.output.map(({ name }) => name)
    for (const [index, name] of names.entries()) {
      if (!this.#has(name)) this.problems.push(`nothing defines the graph output "${name}"`)
      if (names.indexOf(name) < index)
        this.problems.push(`the graph output "${name}" is listed twice`)
    }
  }

  #has(name: string): boolean {
    return this.#own.has(name) || this.#outer.has(name)
  }
}

function domainProblems(model: ModelProto, graph: GraphProto): string[] {
  const imported = new Set(model.opsetImport.map(({ domain }) => canonical(domain)))
  const missing = graph.node.filter(node => !imported.has(canonical(node.domain)))
  const own = missing.map(
    node => `${label(node)} is of domain "${node.domain}", which is not imported`,
  )
  return [...own, ...graph.node.flatMap(subgraphsOf).flatMap(inner => domainProblems(model, inner))]
}

function canonical(domain: string): string {
  return domain === 'ai.onnx' ? '' : domain
}

function label(node: NodeProto): string {
  return `${node.opType} "${node.name || (node.output[0] ?? '')}"`
}
