import { z } from 'zod'
import { decodeCbor, encodeCbor } from './cbor.ts'
import { badMessage } from './errors.ts'
import { type FrameHeader, frameHeader } from './frame-header.ts'
import { dims, tensorBytes, type WireTensor, wireType } from './tensor.ts'
import { requireSize, validate } from './validate.ts'

/** Limits a frame is held to before anything is allocated for it. */
export interface FrameLimits {
  readonly maxFrameBytes: number
  readonly maxHeaderBytes: number
  readonly maxTensors: number
}

/** 64 MiB holds the largest layer of VGG16 in float32 (12.8 MB) many times over. */
export const DEFAULT_FRAME_LIMITS: FrameLimits = {
  maxFrameBytes: 64 * 1024 * 1024,
  maxHeaderBytes: 64 * 1024,
  maxTensors: 64,
}

/** A decoded frame; the tensors are views of the bytes it was decoded from. */
export interface Frame {
  header: FrameHeader
  tensors: WireTensor[]
}

const LENGTH_BYTES = 4
const ALIGNMENT = 8

const tensorDescriptors = z.object({ tensors: z.array(z.object({ type: wireType, dims })) })

const pad = (length: number) => Math.ceil(length / ALIGNMENT) * ALIGNMENT

/**
 * The bytes of a frame: length of the CBOR header (u32, little-endian), header, zeros up to a
 * multiple of 8, then each tensor padded likewise. The tensor bytes are copied once.
 *
 * @throws {ProtocolError} ERR_BAD_MESSAGE if a tensor's data does not match its shape
 */
export function encodeFrame(header: FrameHeader, tensors: readonly WireTensor[]): Uint8Array {
  const descriptors = tensors.map(({ type, dims }) => ({ type, dims }))
  const cbor = encodeCbor({ ...header, tensors: descriptors })
  const start = pad(LENGTH_BYTES + cbor.length)
  const frame = new Uint8Array(tensors.reduce((sum, { data }) => sum + pad(data.length), start))
  new DataView(frame.buffer).setUint32(0, cbor.length, true)
  frame.set(cbor, LENGTH_BYTES)
  copyTensors(frame, start, tensors)
  return frame
}

function copyTensors(frame: Uint8Array, start: number, tensors: readonly WireTensor[]): void {
  let offset = start
  for (const { type, dims, data } of tensors) {
    const expected = tensorBytes(type, dims, Number.MAX_SAFE_INTEGER)
    if (expected !== data.length) {
      throw badMessage(
        `a ${type} tensor of shape [${dims.join(', ')}] has ${expected} bytes, got ${data.length}`,
      )
    }
    frame.set(data, offset)
    offset += pad(data.length)
  }
}

/**
 * The header and tensors of a frame. Tensors are views starting at multiples of 8, so typed arrays
 * can be laid over them; the payload is copied only if it does not itself start at such a multiple.
 *
 * @throws {ProtocolError} ERR_TOO_LARGE, or ERR_BAD_MESSAGE for lengths or shapes that lie
 */
export function decodeFrame(
  payload: Uint8Array,
  limits: FrameLimits = DEFAULT_FRAME_LIMITS,
): Frame {
  requireSize('a frame', payload, limits.maxFrameBytes)
  const headerBytes = headerLength(payload, limits)
  const raw = decodeCbor(payload.subarray(LENGTH_BYTES, LENGTH_BYTES + headerBytes))
  const header = validate('frame header', frameHeader, raw)
  const descriptors = validate('frame header', tensorDescriptors, raw).tensors
  if (descriptors.length > limits.maxTensors) {
    throw badMessage(
      `a frame of ${descriptors.length} tensors, at most ${limits.maxTensors} allowed`,
    )
  }
  return { header, tensors: views(aligned(payload), pad(LENGTH_BYTES + headerBytes), descriptors) }
}

function headerLength(payload: Uint8Array, { maxHeaderBytes }: FrameLimits): number {
  if (payload.length < LENGTH_BYTES) {
    throw badMessage(`a frame of ${payload.length} bytes has no header length`)
  }
  const view = new DataView(payload.buffer, payload.byteOffset, payload.byteLength)
  const length = view.getUint32(0, true)
  const available = Math.min(maxHeaderBytes, payload.length - LENGTH_BYTES)
  if (length <= available) return length
  throw badMessage(`a frame header of ${length} bytes, at most ${available} are possible`)
}

function aligned(payload: Uint8Array): Uint8Array {
  return payload.byteOffset % ALIGNMENT === 0 ? payload : new Uint8Array(payload)
}

function views(
  payload: Uint8Array,
  start: number,
  descriptors: readonly Omit<WireTensor, 'data'>[],
): WireTensor[] {
  let offset = start
  const tensors = descriptors.map(({ type, dims }) => {
    const length = tensorBytes(type, dims, Math.max(0, payload.length - offset))
    const data = new Uint8Array(payload.buffer, payload.byteOffset + offset, length)
    offset += pad(length)
    return { type, dims, data }
  })
  if (offset === payload.length) return tensors
  throw badMessage(`a frame of ${offset} bytes was announced, the payload has ${payload.length}`)
}
