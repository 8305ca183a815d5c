import { InvalidArgumentError } from 'commander'

/** Reads `N:FACTOR`: so many devices compute slower by that factor. */
export function slowdown(text: string): { count: number; factor: number } {
  const [, count, factor] = /^(\d+):(\d+(?:\.\d+)?)x?$/.exec(text) ?? []
  if (count !== undefined && Number(factor) >= 1) {
    return { count: Number(count), factor: Number(factor) }
  }
  throw new InvalidArgumentError('--slow takes N:FACTOR with a factor of at least 1, such as 1:5.')
}
