/**
 * Stable reasons of an {@link OnnxError}; the README explains each.
 */
export type OnnxErrorCode =
  | 'ERR_NOT_ONNX'
  | 'ERR_ONNX_TRUNCATED'
  | 'ERR_ONNX_TOO_LARGE'
  | 'ERR_ONNX_ELEMENT_TYPE'
  | 'ERR_ONNX_ATTRIBUTE'
  | 'ERR_ONNX_SHAPE'
  | 'ERR_ONNX_TENSOR_SIZE'
  | 'ERR_ONNX_EXTERNAL_DATA'
  | 'ERR_ONNX_CYCLE'
  | 'ERR_ONNX_UNREACHABLE'
  | 'ERR_ONNX_NO_TYPE'
  | 'ERR_ONNX_INVALID'

/** A model, or a part of one, that cannot be read, built or rewritten as asked. */
export class OnnxError extends Error {
  override readonly name = 'OnnxError'
  readonly code: OnnxErrorCode

  constructor(code: OnnxErrorCode, message: string, options?: { cause?: unknown }) {
    super(shortened(message), options)
    this.code = code
  }
}

/** Longest message, in characters. */
const maxLength = 1000

/** A name in a damaged file can be as long as the file. */
function shortened(message: string): string {
  return message.length <= maxLength ? message : `${message.slice(0, maxLength - 1)}…`
}
