import type { GraphProto, ModelProto, ValueInfoProto } from '@cocoi/onnx'
import { ModelError } from './errors.ts'
import { type Layout, spatialAxes } from './layout.ts'
import type { ModelConfig } from './model-config.ts'
import { nearestName } from './nearest-name.ts'

/** The parts of a model's configuration that decide on the shapes of its inputs. */
export interface InputSizes {
  /** By the name of a symbolic dimension, or `input[index]` for one without a name. */
  readonly dimensions: Readonly<Record<string, number>>
  /** Input that takes images, if the configuration names it. */
  readonly image: string | undefined
  readonly layout: Layout | undefined
  /** [height, width] of that input. */
  readonly size: readonly [number, number] | undefined
}

export function inputSizes({ dimensions = {}, input = {} }: ModelConfig): InputSizes {
  return { dimensions, image: input.name, layout: input.format, size: input.size }
}

/**
 * Gives every input of a graph a static shape, in place: from the configuration, and 1 for a batch
 * that is left open. A symbol gets the same size in the shapes of the outputs.
 *
 * @throws {ModelError} ERR_SYMBOLIC_SHAPE naming a dimension that stays open, ERR_BAD_CONFIG for a
 *   size that contradicts the model or belongs to nothing in it
 */
export function fixInputSizes(model: ModelProto, sizes: InputSizes): void {
  const graph = model.graph!
  const open = graph.input.flatMap(openDimensions)
  requireKnown(sizes.dimensions, graph)
  const known = new Map(Object.entries(sizes.dimensions))
  applyImageSize(graph, sizes, known)
  for (const dimension of open) {
    const size = sizeOf(dimension, known)
    if (size !== undefined && dimension.symbol !== '') known.set(dimension.symbol, size)
  }
  for (const dimension of open) {
    const size = sizeOf(dimension, known)
    if (size === undefined) throw leftOpen(dimension)
    dimension.fix(size)
  }
  for (const output of graph.output.flatMap(openDimensions)) {
    const size = known.get(output.symbol)
    if (size !== undefined) output.fix(size)
  }
}

interface OpenDimension {
  /** `input[index]` */
  readonly key: string
  /** Name of the dimension, empty if it has none. */
  readonly symbol: string
  readonly index: number
  readonly rank: number
  fix(size: number): void
}

function openDimensions(info: ValueInfoProto): OpenDimension[] {
  const dims = dimensionsOf(info)
  return dims.flatMap((dim, index) => {
    const { value } = dim
    if (value.case === 'dimValue' && value.value > 0n) return []
    const symbol = value.case === 'dimParam' ? value.value : ''
    const fix = (size: number) => {
      dim.value = { case: 'dimValue', value: BigInt(size) }
    }
    return [{ key: `${info.name}[${index}]`, symbol, index, rank: dims.length, fix }]
  })
}

function dimensionsOf({ type }: ValueInfoProto) {
  return (type?.value.case === 'tensorType' && type.value.value.shape?.dim) || []
}

/** The size that is given, else 1 for a batch: the first of several dimensions. */
function sizeOf(dimension: OpenDimension, known: ReadonlyMap<string, number>): number | undefined {
  const { key, symbol, index, rank } = dimension
  return known.get(key) ?? known.get(symbol) ?? (index === 0 && rank > 1 ? 1 : undefined)
}

function leftOpen({ key, symbol }: OpenDimension): ModelError {
  const name = symbol || key
  const message = `dimension "${name}" (${key}) of the model is open; give it a size in config.json`
  return new ModelError('ERR_SYMBOLIC_SHAPE', `${message}: {"dimensions": {"${name}": 224}}`)
}

function requireKnown(dimensions: Readonly<Record<string, number>>, graph: GraphProto): void {
  const open = [...graph.input, ...graph.output].flatMap(openDimensions)
  const known = new Set(open.flatMap(({ key, symbol }) => (symbol ? [symbol, key] : [key])))
  for (const name of Object.keys(dimensions)) {
    if (known.has(name)) continue
    const nearest = nearestName(name, known)
    const symbols = [...known].map(key => `"${key}"`).join(', ')
    const hint = nearest
      ? `; did you mean "${nearest}"?`
      : `; its open dimensions: ${symbols || 'none'}`
    const message = `config.json sizes the dimension "${name}", which the model does not have`
    throw new ModelError('ERR_BAD_CONFIG', message + hint)
  }
}

/** Enters the height and width of images under the names of the dimensions they belong to. */
function applyImageSize(graph: GraphProto, sizes: InputSizes, known: Map<string, number>): void {
  if (!sizes.size) return
  const info = imageInfo(graph, sizes.image)
  const dims = dimensionsOf(info)
  const stated = dims.map(({ value }) => (value.case === 'dimValue' ? Number(value.value) : 0))
  const axes = spatialAxes(stated, sizes.layout)
  for (const [i, axis] of axes.entries()) {
    const size = sizes.size[i]!
    const { value } = dims[axis]!
    const key = value.case === 'dimParam' && value.value ? value.value : `${info.name}[${axis}]`
    const other = stated[axis] || known.get(key) || size
    if (other !== size) {
      const message = `config.json sets input.size to [${sizes.size}], but dimension ${axis} of "${info.name}" is ${other}`
      throw new ModelError('ERR_BAD_CONFIG', message)
    }
    known.set(key, size)
  }
}

function imageInfo(graph: GraphProto, name: string | undefined): ValueInfoProto {
  const info = name === undefined ? graph.input[0] : graph.input.find(input => input.name === name)
  if (info && dimensionsOf(info).length === 4 && (name !== undefined || graph.input.length === 1)) {
    return info
  }
  const names = graph.input.map(input => `"${input.name}"`).join(', ')
  const message = `config.json sets input.size, but does not name one input of four dimensions (the model has ${names})`
  throw new ModelError('ERR_BAD_CONFIG', message)
}
