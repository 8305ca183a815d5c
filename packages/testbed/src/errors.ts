/**
 * - `ERR_DAEMON_FAILED` a daemon ended, or was not ready in time
 * - `ERR_CLUSTER_TIMEOUT` devices were started and did not come online in time
 * - `ERR_CLUSTER_STOPPED` nothing is started any more: the cluster is being stopped
 */
export type TestbedErrorCode = 'ERR_DAEMON_FAILED' | 'ERR_CLUSTER_TIMEOUT' | 'ERR_CLUSTER_STOPPED'

/** A virtual cluster that did not come about; the message holds what its daemon said. */
export class TestbedError extends Error {
  readonly code: TestbedErrorCode

  constructor(code: TestbedErrorCode, message: string) {
    super(message)
    this.name = 'TestbedError'
    this.code = code
  }
}
