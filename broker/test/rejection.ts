import { BrokerError, type BrokerErrorCode } from '@cocoi/broker'
import { expect } from 'chai'

/** The message of the BrokerError with this code that the work ends with. */
export async function rejection(code: BrokerErrorCode, work: () => unknown): Promise<string> {
  try {
    await work()
  } catch (error) {
    expect(error).to.be.instanceOf(BrokerError).and.include({ code })
    return (error as Error).message
  }
  throw new Error(`it did not end with ${code}`)
}
