import { InvalidArgumentError } from 'commander'

/** So many devices compute slower by this factor. */
export interface Slowdown {
  readonly count: number
  readonly factor: number
}

/** Reads `N:FACTOR`. */
export function slowdown(text: string): Slowdown {
  const [, count, factor] = /^(\d+):(\d+(?:\.\d+)?)x?$/.exec(text) ?? []
  if (count !== undefined && Number(factor) >= 1) {
    return { count: Number(count), factor: Number(factor) }
  }
  throw new InvalidArgumentError('--slow takes N:FACTOR with a factor of 1 or more, such as 2:5')
}
