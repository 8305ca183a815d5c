import { ModelError, type ModelErrorCode } from '@cocoi/models'
import { AssertionError, expect } from 'chai'

/** Runs an action that must end in a ModelError of this code whose message holds all the words. */
export async function expectModelError(
  code: ModelErrorCode,
  words: readonly string[],
  action: () => unknown,
): Promise<void> {
  const error = await rejectionOf(action)
  if (!(error instanceof ModelError)) throw error
  expect(error.code, error.message).to.equal(code)
  for (const word of words) expect(error.message).to.include(word)
}

async function rejectionOf(action: () => unknown): Promise<unknown> {
  try {
    await action()
  } catch (error) {
    return error
  }
  throw new AssertionError('an error was expected')
}
