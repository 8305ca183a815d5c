export type TestbedErrorCode = 'ERR_DAEMON_FAILED' | 'ERR_CLUSTER_TIMEOUT'

/** A virtual cluster that did not come about; the message holds what its daemon said. */
export class TestbedError extends Error {
  readonly code: TestbedErrorCode

  constructor(code: TestbedErrorCode, message: string) {
    super(message)
    this.name = 'TestbedError'
    this.code = code
  }
}
