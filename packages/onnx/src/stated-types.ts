import { elementTypeName } from './element-type.ts'
import type { ModelProto } from './generated/onnx_pb.ts'
import { statedShape, tensorType, valueInfos } from './tensor-shapes.ts'

/** What one place in a model says of a tensor; undefined where it leaves something open. */
interface Statement {
  readonly name: string
  readonly type: number | undefined
  readonly shape: readonly (number | undefined)[] | undefined
}

/** A sentence for each tensor about whose type or shape the model says two different things. */
export function contradictions(model: ModelProto): string[] {
  const first = new Map<string, Statement>()
  return statements(model).flatMap(statement => {
    const earlier = first.get(statement.name)
    if (!earlier) first.set(statement.name, statement)
    if (!earlier || agree(earlier, statement)) return []
    return [`"${statement.name}" is ${describe(earlier)} and also ${describe(statement)}`]
  })
}

function statements(model: ModelProto): Statement[] {
  const constants = (model.graph?.initializer ?? []).map(({ name, dataType, dims }) => {
    return { name, type: dataType, shape: dims.map(Number) }
  })
  const stated = valueInfos(model).map(info => {
    const type = tensorType(info)?.elemType || undefined
    return { name: info.name, type, shape: statedShape(info) }
  })
  return [...constants, ...stated]
}

function agree(a: Statement, b: Statement): boolean {
  const sameType = a.type === undefined || b.type === undefined || a.type === b.type
  return sameType && agreeInShape(a.shape, b.shape)
}

function agreeInShape(a: Statement['shape'], b: Statement['shape']): boolean {
  if (!a || !b) return true
  if (a.length !== b.length) return false
  return a.every((size, i) => size === undefined || b[i] === undefined || size === b[i])
}

function describe({ type, shape }: Statement): string {
  const name = type === undefined ? 'of unknown type' : (elementTypeName(type) ?? `type ${type}`)
  return shape ? `${name} [${shape.map(size => size ?? '?').join(', ')}]` : name
}
