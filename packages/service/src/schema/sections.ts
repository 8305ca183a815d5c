import { brokerSchema } from './broker.ts'
import { coordinatorSchema } from './coordinator.ts'
import { deviceSchema } from './device.ts'
import { logSchema } from './log.ts'
import { mqttSchema } from './mqtt.ts'

/**
 * The schema of every section of the configuration. They hold no defaults: those are in
 * `config/default.json5` alone.
 */
export const CONFIG_SECTIONS = {
  log: logSchema,
  mqtt: mqttSchema,
  broker: brokerSchema,
  coordinator: coordinatorSchema,
  device: deviceSchema,
}
