export { type BrokerAccess, readBrokerAccess } from './broker-access.ts'
export { builtInSettings } from './built-in-settings.ts'
export { OWN_CONFIG_FOLDER } from './config-folders.ts'
export { type DaemonOptions, type RunningDaemon, runDaemon } from './daemon.ts'
export { deviceName } from './device-name.ts'
export {
  type EffectiveSetting,
  effectiveSettings,
  type SectionFlags,
} from './effective-settings.ts'
export { ServiceError, type ServiceErrorCode } from './errors.ts'
export { type EventLoopWatch, watchEventLoop } from './event-loop.ts'
export {
  deviceSecretFile,
  type JoinRequest,
  joinPassword,
  mayJoin,
  newJoinToken,
  newSecret,
  parseJoinPassword,
} from './join.ts'
export { type LoadConfigOptions, loadConfig } from './load-config.ts'
export { createLogger, type Logger, type LoggerOptions } from './logger.ts'
export {
  KERNEL,
  type KernelFolders,
  type MachineFacts,
  readMachineFacts,
} from './machine/machine-facts.ts'
export { PAST, ThrottleHistory } from './machine/throttling.ts'
export { makeFolder } from './make-folder.ts'
export { orAborted } from './or-aborted.ts'
export { type FolderUse, requireFolder } from './require-folder.ts'
export { type BrokerConfig, brokerSchema } from './schema/broker.ts'
export { type CoordinatorConfig, coordinatorSchema } from './schema/coordinator.ts'
export { type DeviceConfig, deviceSchema } from './schema/device.ts'
export { type LogConfig, logSchema } from './schema/log.ts'
export { type MqttConfig, mqttSchema } from './schema/mqtt.ts'
export { CONFIG_SECTIONS } from './schema/sections.ts'
export { readSecret } from './secret.ts'
export { SECTION_NAMES, type SectionName, type SettingKey, settingKeys } from './setting-keys.ts'
export { version } from './version.ts'
