export type PartitionErrorCode = 'ERR_BAD_SPLIT' | 'ERR_UNKNOWN_STAGE'

/** A model cannot be partitioned as asked; the message names the tensor and the numbers. */
export class PartitionError extends Error {
  readonly code: PartitionErrorCode

  constructor(code: PartitionErrorCode, message: string) {
    super(message)
    this.name = 'PartitionError'
    this.code = code
  }
}
