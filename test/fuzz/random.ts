import { pick, randomBytes, seeded } from '../../packages/protocol/test/seeded.ts'

export { pick, randomBytes }

/** Uniform in [0, 1). */
export type Random = () => number

/** Whole number from 0 to below the limit. */
export function below(random: Random, limit: number): number {
  return Math.floor(random() * limit)
}

/** A generator of its own for each payload, so that any one can be made again alone. */
export function randomFor(seed: number, parser: string, index: number): Random {
  let state = Math.imul(seed, 0x9e3779b1) ^ Math.imul(index + 1, 0x85ebca6b)
  for (const letter of parser) state = Math.imul(state ^ letter.charCodeAt(0), 0x01000193)
  return seeded(state)
}
