import { z } from 'zod'
import { encodeJson, parseJson } from '../json.ts'

/** Schema of a request for a range of a blob, whose name is in the topic. */
export const blobGet = z.object({
  offset: z.int().min(0),
  length: z
    .int()
    .min(1)
    .max(16 * 1024 * 1024),
})

export type BlobGet = z.infer<typeof blobGet>

export function encodeBlobGet(message: BlobGet): Uint8Array {
  return encodeJson(message)
}

/** @throws {ProtocolError} ERR_TOO_LARGE, ERR_BAD_MESSAGE */
export function parseBlobGet(payload: Uint8Array): BlobGet {
  return parseJson('blob request', blobGet, payload)
}
