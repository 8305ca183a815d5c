import { expect } from 'chai'

/** The code of the error the promise is rejected with; fails if it is not. */
export async function rejectionCode(promise: Promise<unknown>): Promise<unknown> {
  const error: unknown = await promise.then(
    () => expect.fail('it was not rejected'),
    (reason: unknown) => reason,
  )
  return (error as { code?: unknown }).code
}
