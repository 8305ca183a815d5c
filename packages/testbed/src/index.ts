export { type Cluster, type ClusterOptions, startCluster } from './cluster.ts'
export { DaemonProcess, type DaemonProcessOptions } from './daemon-process.ts'
export { TestbedError, type TestbedErrorCode } from './errors.ts'
export { VirtualDaemon } from './virtual-daemon.ts'
