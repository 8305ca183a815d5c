export { BlobStore, type FileRange } from './blob-store.ts'
export { BlobError, type BlobErrorCode } from './errors.ts'
export type { PartFile } from './part-file.ts'
