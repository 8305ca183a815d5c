export { type Cluster, type ClusterOptions, startCluster, type VirtualDevice } from './cluster.ts'
export { DaemonProcess, type DaemonProcessOptions } from './daemon-process.ts'
export { TestbedError, type TestbedErrorCode } from './errors.ts'
