export { type Identity, mayPublish, maySubscribe, readableFilters } from './acl.ts'
export { type DropCount, Drops, isWorthLogging } from './drops.ts'
export { ProtocolError, type ProtocolErrorCode } from './errors.ts'
export { isPart, splitPayload } from './fragments.ts'
export * from './frame.ts'
export * from './frame-header.ts'
export { isIdentifier, requireIdentifier, SHA256_HEX } from './identifier.ts'
export { type BlobGet, encodeBlobGet, parseBlobGet } from './messages/blob-get.ts'
export { type Control, encodeControl, parseControl } from './messages/control.ts'
export {
  type CoordinatorHealth,
  encodeCoordinatorHealth,
  parseCoordinatorHealth,
} from './messages/coordinator-health.ts'
export {
  type DeviceHealth,
  encodeDeviceHealth,
  parseDeviceHealth,
  type SpeedProfile,
} from './messages/device-health.ts'
export { encodeEvent, parseEvent, type SystemEvent } from './messages/event.ts'
export {
  encodeInferenceRequest,
  type InferenceInput,
  type InferenceParameters,
  type InferenceRequest,
  isJsonRequest,
  parseInferenceRequest,
} from './messages/inference-request.ts'
export {
  encodeInferenceResult,
  type InferenceAnswer,
  type InferenceFailure,
  type InferenceResult,
  parseInferenceResult,
  type RankedClass,
} from './messages/inference-result.ts'
export { encodeModelState, type ModelState, parseModelState } from './messages/model-state.ts'
export type { Plan, StageSpec } from './messages/plan.ts'
export { BEATS_PER_STATUS, encodeStatus, parseStatus, type Status } from './messages/status.ts'
export { Reassembler, type ReassemblerLimits } from './reassembler.ts'
export { type NamedTensor, WIRE_TYPES, type WireTensor, type WireType } from './tensor.ts'
export { type Role, TOPICS, type TopicKind } from './topic-table.ts'
export { type ParsedTopic, parseTopic, type Topics, topics } from './topics.ts'
