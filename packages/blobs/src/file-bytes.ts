import { createHash } from 'node:crypto'
import type { FileHandle } from 'node:fs/promises'
import { open } from 'node:fs/promises'

/**
 * Bytes that are hashed or copied before other work gets its turn. A Pi 4 has no SHA instructions and
 * hashes about 100 MB/s, so one slice blocks the event loop for 5 ms there.
 */
export const SLICE_BYTES = 512 * 1024

/** The SHA-256 of a file, read slice by slice. */
export async function hashFile(handle: FileHandle, signal?: AbortSignal): Promise<string> {
  const hash = createHash('sha256')
  for await (const slice of readSlices(handle, 0, Number.POSITIVE_INFINITY)) {
    signal?.throwIfAborted()
    hash.update(slice)
  }
  return hash.digest('hex')
}

/** The bytes of a range, or up to the end of the file; a slice is overwritten by the next one. */
export async function* readSlices(
  handle: FileHandle,
  offset: number,
  length: number,
): AsyncGenerator<Uint8Array> {
  const buffer = new Uint8Array(Math.min(SLICE_BYTES, Math.max(length, 1)))
  let done = 0
  while (done < length) {
    const wanted = Math.min(buffer.length, length - done)
    const { bytesRead } = await handle.read(buffer, 0, wanted, offset + done)
    if (bytesRead === 0) return
    done += bytesRead
    yield buffer.subarray(0, bytesRead)
  }
}

/** Reads exactly `length` bytes, fewer only where the file ends. */
export async function readAt(
  handle: FileHandle,
  offset: number,
  length: number,
): Promise<Uint8Array> {
  const bytes = new Uint8Array(length)
  let done = 0
  while (done < length) {
    const { bytesRead } = await handle.read(bytes, done, length - done, offset + done)
    if (bytesRead === 0) break
    done += bytesRead
  }
  return bytes.subarray(0, done)
}

/** Writes all bytes, however many calls the system needs for it. */
export async function writeAt(
  handle: FileHandle,
  offset: number,
  bytes: Uint8Array,
): Promise<void> {
  let done = 0
  while (done < bytes.length) {
    const { bytesWritten } = await handle.write(bytes, done, bytes.length - done, offset + done)
    done += bytesWritten
  }
}

/** Makes a rename in the folder survive a power cut; Windows cannot open folders, and need not. */
export async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return
  const handle = await open(folder, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
