/** Seeded numbers, uniform in [−1, 1): a linear congruential generator (Numerical Recipes). */
export function noise(count: number, seed: number): Float32Array {
  let state = seed >>> 0
  return Float32Array.from({ length: count }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 2 ** 31 - 1
  })
}
