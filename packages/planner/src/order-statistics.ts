/** H_n = 1 + 1/2 + … + 1/n. */
export function harmonic(n: number): number {
  let sum = 0
  for (let i = 1; i <= n; i++) sum += 1 / i
  return sum
}

/**
 * Mean of the k-th smallest of n independent exponential times of mean 1: H_n − H_{n−k}
 * (Rényi's representation: the gaps are exponential with means 1/n, 1/(n−1), …).
 */
export function meanOfKth(n: number, k: number): number {
  return harmonic(n) - harmonic(n - k)
}
