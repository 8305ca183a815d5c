import { existsSync } from 'node:fs'

/** The files that an argument names. */
export interface InputFiles {
  readonly kind: 'image' | 'tensors'
  /** One image; or tensors, with the inputs they are meant for where that is said. */
  readonly files: readonly { readonly name?: string; readonly path: string }[]
}

/**
 * Reads an argument: a file with an image, `FILE.npy` for a model with one input, or
 * `NAME=FILE.npy,NAME=FILE.npy` for one with several. A file whose name has commas or equals signs is
 * found by being there.
 */
export function parseInputArgument(argument: string): InputFiles {
  const isTensor = argument.endsWith('.npy')
  if (!isTensor) return { kind: 'image', files: [{ path: argument }] }
  if (existsSync(argument)) return { kind: 'tensors', files: [{ path: argument }] }
  return { kind: 'tensors', files: argument.split(',').map(fileOf) }
}

function fileOf(part: string): { name?: string; path: string } {
  const equals = part.indexOf('=')
  if (equals < 1 || existsSync(part)) return { path: part }
  return { name: part.slice(0, equals), path: part.slice(equals + 1) }
}
