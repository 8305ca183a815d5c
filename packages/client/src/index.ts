export { CocoiClient, type InferOptions } from './cocoi-client.ts'
export { type ClientOptions, clientOver, connectClient } from './connect-client.ts'
export { type ClientErrorCode, InferenceError } from './errors.ts'
export type { CoordinatorNews, DeviceNews, Watch } from './watch.ts'
