/** The promise; rejects with `late` if it is not settled within `ms`. */
export function withDeadline<T>(
  promise: Promise<T>,
  ms: number,
  late: () => Error = () => new Error(`not within ${ms} ms`),
): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(late()), ms)
    promise.then(resolve, reject).finally(() => clearTimeout(timer))
  })
}
