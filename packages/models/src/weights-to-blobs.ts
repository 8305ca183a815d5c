import { open } from 'node:fs/promises'
import type { BlobStore } from '@cocoi/blobs'
import {
  type ExternalLocation,
  externalLocation,
  type ModelProto,
  setExternal,
  type TensorProto,
} from '@cocoi/onnx'

/** Initializers from this size on become blobs; smaller ones lie in the graph. */
const blobFromBytes = 4096

/** The part of a blob store that a model's weights are written to. */
export type WeightStore = Pick<BlobStore, 'put' | 'putFile'>

/**
 * Moves the weights of a normalised model to a store, in place: each becomes external data in a
 * file named by its SHA-256. onnxruntime packs the weights file as it likes (any offset, any
 * alignment), so every tensor is taken out by its byte range.
 *
 * @returns the SHA-256 of every blob, sorted
 */
export async function weightsToBlobs(
  model: ModelProto,
  weightsFile: string,
  { store, onProgress }: { store: WeightStore; onProgress: (done: number, total: number) => void },
): Promise<string[]> {
  const graph = model.graph!
  const blobs = new Set<string>()
  for (const [index, tensor] of graph.initializer.entries()) {
    const moved = await move(tensor, weightsFile, store)
    graph.initializer[index] = moved
    const location = externalLocation(moved)?.location
    if (location) blobs.add(location)
    onProgress(index + 1, graph.initializer.length)
  }
  return [...blobs].sort()
}

async function move(tensor: TensorProto, file: string, store: WeightStore): Promise<TensorProto> {
  const place = externalLocation(tensor)
  const length = place?.length ?? tensor.rawData.length
  if (length < blobFromBytes) return place ? inlined(tensor, file, place) : tensor
  const sha = place ? await store.putFile(file, place) : await store.put(tensor.rawData)
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
