import type { ConnackCode } from './login.ts'

/** Tells aedes to refuse; already reported when it comes back as the error of a connection. */
export class Refused extends Error {
  readonly returnCode: ConnackCode

  constructor(reason: string, returnCode: ConnackCode = 5) {
    super(reason)
    this.name = 'Refused'
    this.returnCode = returnCode
  }
}
