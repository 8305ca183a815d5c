export { CocoiClient } from './cocoi-client.ts'
export {
  type ClientIdentity,
  type ClientOptions,
  clientOver,
  connectClient,
} from './connect-client.ts'
export { type ClientErrorCode, InferenceError } from './errors.ts'
export type { InferOptions } from './infer-options.ts'
export type { CoordinatorNews, DeviceNews, Watch } from './watch.ts'
