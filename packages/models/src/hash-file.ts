import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { ModelError, reasonOf } from './errors.ts'

/** Bytes hashed at a time: a few milliseconds on a Raspberry Pi. */
const sliceBytes = 256 * 1024

/**
 * SHA-256 of a file, in hexadecimal.
 *
 * @throws {ModelError} ERR_MODEL_FILE
 */
export async function hashFile(path: string): Promise<string> {
  const hash = createHash('sha256')
  try {
    for await (const slice of createReadStream(path, { highWaterMark: sliceBytes })) {
      hash.update(slice)
    }
  } catch (error) {
    throw new ModelError('ERR_MODEL_FILE', `${path} cannot be read: ${reasonOf(error)}`)
  }
  return hash.digest('hex')
}

/** SHA-256 of a text, in hexadecimal. */
export function hashText(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}
