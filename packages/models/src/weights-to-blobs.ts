import { open } from 'node:fs/promises'
import { basename, join } from 'node:path'
import type { BlobStore } from '@cocoi/blobs'
import {
  type ExternalLocation,
  externalLocation,
  type ModelProto,
  setExternal,
  type TensorProto,
} from '@cocoi/onnx'
import { allInitializers, replaceInitializers } from './initializers.ts'

/** Initializers from this size on become blobs; smaller ones lie in the graph. */
const blobFromBytes = 4096

/** The part of a blob store that a model's weights are written to. */
export type WeightStore = Pick<BlobStore, 'put' | 'putFile'>

/** Where the weights of a normalised model are, and where they go. */
export interface WeightMove {
  /** File that onnxruntime made. */
  readonly weightsFile: string
  /** Folder of what it left where it was: the weights of graphs inside nodes (If, Loop). */
  readonly sourceFolder: string
  readonly store: WeightStore
  readonly onProgress: (done: number, total: number) => void
}

/**
 * Moves the weights of a normalised model to a store, in place: each becomes external data in a
 * file named by its SHA-256. onnxruntime packs the weights file as it likes (any offset, any
 * alignment), so every tensor is taken out by its byte range.
 *
 * @returns the SHA-256 of every blob, sorted
 */
export async function weightsToBlobs(model: ModelProto, move: WeightMove): Promise<string[]> {
  const graph = model.graph!
  const tensors = allInitializers(graph)
  const moved = new Map<TensorProto, TensorProto>()
  for (const tensor of tensors) {
    moved.set(tensor, await moveTensor(tensor, move))
    move.onProgress(moved.size, tensors.length)
  }
  replaceInitializers(graph, moved)
  const locations = [...moved.values()].map(tensor => externalLocation(tensor)?.location)
  return [...new Set(locations.filter(sha => sha !== undefined))].sort()
}

async function moveTensor(tensor: TensorProto, move: WeightMove): Promise<TensorProto> {
  const place = externalLocation(tensor)
  if (!place) {
    const { length } = tensor.rawData
    if (length < blobFromBytes) return tensor
    const location = await move.store.put(tensor.rawData)
    return setExternal(tensor, { location, offset: 0, length })
  }
  const { location, offset, length } = place
  const file =
    location === basename(move.weightsFile) ? move.weightsFile : join(move.sourceFolder, location)
  if (length < blobFromBytes) return inlined(tensor, file, place)
  const sha = await move.store.putFile(file, { offset, length })
  return setExternal(tensor, { location: sha, offset: 0, length })
}

async function inlined(
  tensor: TensorProto,
  file: string,
  { offset, length }: ExternalLocation,
): Promise<TensorProto> {
  const handle = await open(file)
  try {
    const rawData = new Uint8Array(length)
    await handle.read(rawData, 0, length, offset)
    return { ...tensor, dataLocation: 0, externalData: [], rawData }
  } finally {
    await handle.close()
  }
}
