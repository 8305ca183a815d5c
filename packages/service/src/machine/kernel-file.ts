import { readdir, readFile } from 'node:fs/promises'

/** Text of a file of the kernel without blanks at its ends; undefined where there is no such file. */
export async function kernelText(path: string): Promise<string | undefined> {
  return await readFile(path, 'utf8').then(
    text => text.trim(),
    () => undefined,
  )
}

/** A decimal number in a file of the kernel; undefined if there is none. */
export async function kernelNumber(path: string): Promise<number | undefined> {
  const text = await kernelText(path)
  return text !== undefined && /^-?\d+$/.test(text) ? Number(text) : undefined
}

/** Names in a folder of the kernel in order; none where there is no such folder. */
export async function kernelEntries(path: string): Promise<string[]> {
  const names = await readdir(path).catch(() => [])
  return names.sort()
}
