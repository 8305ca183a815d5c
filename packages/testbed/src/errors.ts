/**
 * - `ERR_DAEMON_FAILED` a daemon ended, or was not ready in time
 * - `ERR_CLUSTER_TIMEOUT` devices were started and did not come online in time
 * - `ERR_CLUSTER_STOPPED` nothing is started any more: the cluster is being stopped
 * - `ERR_NO_EMULATION` computers cannot be emulated here: not root, or a tool or kernel part is missing
 */
export type TestbedErrorCode =
  | 'ERR_DAEMON_FAILED'
  | 'ERR_CLUSTER_TIMEOUT'
  | 'ERR_CLUSTER_STOPPED'
  | 'ERR_NO_EMULATION'

/** A virtual cluster that did not come about; the message holds what its daemon or tool said. */
export class TestbedError extends Error {
  readonly code: TestbedErrorCode

  constructor(code: TestbedErrorCode, message: string) {
    super(message)
    this.name = 'TestbedError'
    this.code = code
  }
}
