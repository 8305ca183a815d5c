export { Agent, type AgentOptions } from './agent.ts'
export { type DeviceFlags, runDevice } from './daemon.ts'
export { Restlessness } from './restlessness.ts'
export { SessionCounter } from './session-counter.ts'
