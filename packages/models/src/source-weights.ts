import { appendFileSync, realpathSync, statSync } from 'node:fs'
import { dirname, join, relative, sep } from 'node:path'
import {
  ElementType,
  type ExternalLocation,
  externalLocation,
  type GraphProto,
  setExternal,
  type TensorProto,
  tensorBytes,
} from '@cocoi/onnx'
import { ModelError } from './errors.ts'
import { allInitializers, replaceInitializers } from './initializers.ts'

/** Weights from this size on are referred to instead of copied. */
const referredFromBytes = 4096

/** A model file in memory; the tensors of the model are views into its bytes. */
export interface SourceFile {
  readonly path: string
  readonly bytes: Uint8Array
}

/**
 * The files, relative to the folder of the model, that its weights lie in.
 *
 * @throws {ModelError} ERR_EXTERNAL_DATA if one is missing, or ends before the weights do
 */
export function externalFiles(graph: GraphProto, path: string): string[] {
  const ends = new Map<string, number>()
  for (const tensor of allInitializers(graph)) {
    const place = externalLocation(tensor)
    if (!place) continue
    const end = place.offset + place.length
    ends.set(place.location, Math.max(end, ends.get(place.location) ?? 0))
  }
  for (const [location, end] of ends) requireBytes(dirname(path), location, end)
  return [...ends.keys()].sort()
}

function requireBytes(folder: string, location: string, end: number): void {
  const file = statSync(join(folder, location), { throwIfNoEntry: false })
  if (!file?.isFile()) {
    const message = `the model keeps weights in "${location}", which is not in the folder ${folder}; put it beside the model file`
    throw new ModelError('ERR_EXTERNAL_DATA', message)
  }
  if (file.size >= end) return
  const message = `"${location}" in ${folder} has ${file.size} bytes, but the model keeps weights there up to byte ${end}: it was cut short or belongs to another model`
  throw new ModelError('ERR_EXTERNAL_DATA', message)
}

/**
 * Refers to the weights where they lie, in place: in the model file itself or beside it. So a model
 * of hundreds of megabytes is rewritten without copying them.
 *
 * @param spillPath file for weights that the model keeps as lists of numbers, not as bytes; written
 *   only if there are any
 * @returns the folder that all locations are relative to. onnxruntime refuses symbolic links out of
 *   it, so it is one that holds the files the links lead to; and one above them, so that no location
 *   is a bare file name, as that of the normalised weights will be.
 */
export function referToWeights(graph: GraphProto, source: SourceFile, spillPath: string): string {
  const places = new Map<TensorProto, ExternalLocation>()
  for (const tensor of allInitializers(graph)) {
    const place = placeInFile(tensor, source) ?? spill(tensor, spillPath)
    if (place) places.set(tensor, place)
  }
  const root = dirname(commonFolder([...places.values()].map(({ location }) => location)))
  const moved = [...places].map(([tensor, place]) => {
    const location = relative(root, place.location)
    return [tensor, setExternal(tensor, { ...place, location })] as const
  })
  replaceInitializers(graph, new Map(moved))
  return root
}

/** Where in the files of the model a tensor lies, as an absolute path. */
function placeInFile(tensor: TensorProto, source: SourceFile): ExternalLocation | undefined {
  const external = externalLocation(tensor)
  if (external) {
    const location = realpathSync(join(dirname(source.path), external.location))
    return { ...external, location }
  }
  if (tensor.rawData.length < referredFromBytes) return undefined
  const offset = tensor.rawData.byteOffset - source.bytes.byteOffset
  return { location: realpathSync(source.path), offset, length: tensor.rawData.length }
}

/** Appends the bytes of a tensor that is stored as a list of numbers. */
function spill(tensor: TensorProto, path: string): ExternalLocation | undefined {
  if (tensor.rawData.length > 0 || tensor.dataType === ElementType.string) return undefined
  const bytes = tensorBytes(tensor)
  if (bytes.length < referredFromBytes) return undefined
  const offset = statSync(path, { throwIfNoEntry: false })?.size ?? 0
  appendFileSync(path, bytes)
  return { location: realpathSync(path), offset, length: bytes.length }
}

function commonFolder(paths: readonly string[]): string {
  const [first = [], ...others] = paths.map(path => dirname(path).split(sep))
  const differs = first.findIndex((part, i) => others.some(other => other[i] !== part))
  return first.slice(0, differs < 0 ? undefined : differs).join(sep) || sep
}
