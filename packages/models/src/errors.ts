import { getSystemErrorMap } from 'node:util'
import type { OnnxErrorCode } from '@cocoi/onnx'

/**
 * Reasons of a {@link ModelError}. The codes of `@cocoi/onnx` stand for what is wrong inside a model
 * file; the message then also names the file.
 *
 * - `ERR_UNKNOWN_MODEL` the repository has no such model; the message lists those it has
 * - `ERR_BAD_MODEL_NAME` the name cannot be a topic level
 * - `ERR_MODEL_EXISTS` this version is already there
 * - `ERR_MODEL_FILE` the model file, or the folder it should be in, cannot be read
 * - `ERR_EXTERNAL_DATA` a file that the model keeps weights in is missing or too short
 * - `ERR_BAD_CONFIG` config.json is not JSON, or a key or value in it is not known
 * - `ERR_BAD_LABELS` labels.txt is not a list of names, or not one of this model
 * - `ERR_SYMBOLIC_SHAPE` a dimension of an input is open and config.json does not fix it
 * - `ERR_UNSUPPORTED_TYPE` an input or output is no tensor, or one of strings and the like
 * - `ERR_MODEL_REJECTED` onnxruntime cannot load the model; the message holds its reason
 * - `ERR_DISK_FULL` there is no room for the prepared model
 * - `ERR_NOT_AN_IMAGE_MODEL` an image was sent to a model that no image fits
 * - `ERR_BAD_IMAGE` the bytes are no JPEG, PNG or WebP image, or a damaged one
 * - `ERR_IMAGE_TOO_LARGE` the image has more pixels than allowed
 * - `ERR_WRONG_INPUT` tensors do not fit the model's inputs
 * - `ERR_NOT_CLASSIFICATION` an output does not hold one score per class
 * - `ERR_BAD_NPY` the bytes are no .npy file, or one of a kind that is not read
 */
export type ModelErrorCode =
  | OnnxErrorCode
  | 'ERR_UNKNOWN_MODEL'
  | 'ERR_BAD_MODEL_NAME'
  | 'ERR_MODEL_EXISTS'
  | 'ERR_MODEL_FILE'
  | 'ERR_EXTERNAL_DATA'
  | 'ERR_BAD_CONFIG'
  | 'ERR_BAD_LABELS'
  | 'ERR_SYMBOLIC_SHAPE'
  | 'ERR_UNSUPPORTED_TYPE'
  | 'ERR_MODEL_REJECTED'
  | 'ERR_DISK_FULL'
  | 'ERR_NOT_AN_IMAGE_MODEL'
  | 'ERR_BAD_IMAGE'
  | 'ERR_IMAGE_TOO_LARGE'
  | 'ERR_WRONG_INPUT'
  | 'ERR_NOT_CLASSIFICATION'
  | 'ERR_BAD_NPY'

/** A model, or something sent to one, that cannot be used as it is. */
export class ModelError extends Error {
  override readonly name = 'ModelError'
  readonly code: ModelErrorCode

  constructor(code: ModelErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}

/** Why a system call failed, in words (`no such file or directory`), or the text of another error. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const known = 'errno' in error ? getSystemErrorMap().get(Number(error.errno)) : undefined
  return known?.[1] ?? error.message
}

/** Error code of a failed system call: `ENOENT` … */
export function systemCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error ? String(error.code) : undefined
}
