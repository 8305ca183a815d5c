export { Admission } from './admission.ts'
export type {
  AdmissionEffect,
  AdmissionEvent,
  AdmissionOptions,
  AdmissionSnapshot,
  RejectCode,
} from './admission-messages.ts'
export { BusyDevices } from './busy-devices.ts'
export {
  DeviceQueue,
  type DeviceQueueEffect,
  type DeviceQueueEvent,
  type DeviceQueueOptions,
  type DeviceQueueSnapshot,
  type DropReason,
  type SubtaskId,
} from './device-queue.ts'
export { LoadGoal } from './load-goal.ts'
export { LOCAL } from './local.ts'
export { Membership } from './membership.ts'
export type {
  DeviceState,
  MembershipEffect,
  MembershipEvent,
  MembershipOptions,
  MembershipSnapshot,
  StatusState,
} from './membership-messages.ts'
export { Namesakes, type Retirement } from './namesakes.ts'
export { RecentKeys } from './recent-keys.ts'
export { Stage } from './stage.ts'
export type {
  StageEffect,
  StageErrorCode,
  StageEvent,
  StageOptions,
  StageSnapshot,
} from './stage-messages.ts'
export { SubtaskTimes } from './subtask-times.ts'
export { lostAfterMs, nextJitterMs, type Patience, suspectAfterMs } from './suspicion.ts'
