/** What the promise rejects with; fails if it does not. */
export async function rejection(promise: Promise<unknown>): Promise<Error & { code?: string }> {
  const outcome = await promise.then(
    () => undefined,
    (error: Error) => error,
  )
  if (!outcome) throw new Error('expected a rejection, but the promise was fulfilled')
  return outcome
}
