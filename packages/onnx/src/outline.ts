import { BinaryReader, WireType } from '@bufbuild/protobuf/wire'
import { OnnxError } from './errors.ts'

/** Bytes of a fixed-width protobuf value. */
const fixedBytes: Partial<Record<WireType, number>> = {
  [WireType.Bit32]: 4,
  [WireType.Bit64]: 8,
}

/**
 * Walks over the outermost fields of a model file without reading what is in them. Protobuf has
 * no magic number and no checksum: this tells a file that is cut short from one of another kind.
 *
 * @throws {OnnxError} ERR_ONNX_TRUNCATED, ERR_NOT_ONNX
 */
export function checkOutline(bytes: Uint8Array): void {
  if (bytes.length === 0) throw new OnnxError('ERR_NOT_ONNX', 'the file is empty (0 bytes)')
  const reader = new BinaryReader(bytes)
  while (reader.pos < reader.len) {
    const start = reader.pos
    const end = endOfField(reader, bytes)
    if (end > reader.len) throw truncated({ start, end, length: reader.len })
    reader.pos = end
  }
}

/** Position after the field that starts at the reader's position; may lie beyond the file. */
function endOfField(reader: BinaryReader, bytes: Uint8Array): number {
  const start = reader.pos
  try {
    const [, wireType] = reader.tag()
    if (wireType === WireType.LengthDelimited) return reader.uint32() + reader.pos
    const width = fixedBytes[wireType]
    if (width !== undefined) return reader.pos + width
    if (wireType !== WireType.Varint) throw foreign(bytes, start)
    reader.uint64()
    return reader.pos
  } catch (cause) {
    if (cause instanceof OnnxError) throw cause
    if (reader.pos > reader.len) throw truncated({ start, end: reader.pos, length: reader.len })
    throw foreign(bytes, start, cause)
  }
}

function truncated(field: { start: number; end: number; length: number }): OnnxError {
  const message = `the file ends after ${field.length} bytes, but the part that starts at byte ${field.start} reaches to byte ${field.end}: it was cut short or is not an ONNX model`
  return new OnnxError('ERR_ONNX_TRUNCATED', message)
}

function foreign(bytes: Uint8Array, position: number, cause?: unknown): OnnxError {
  const opening = String.fromCharCode(...bytes.subarray(0, 24)).replace(/[^ -~]/g, '·')
  const message = `not an ONNX model: no field can start at byte ${position}, and the file begins with "${opening}"`
  return new OnnxError('ERR_NOT_ONNX', message, { cause })
}
