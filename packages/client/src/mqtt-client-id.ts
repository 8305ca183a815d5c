import { randomBytes } from 'node:crypto'

/**
 * The MQTT client id of one connection. A broker ends the older of two connections with one id, so no
 * two processes may share it, whatever they call themselves in topics. Our broker wants the user's
 * name in front.
 */
export function mqttClientId(id: string, username = id): string {
  const name = username === id ? id : `${username}-${id}`
  return `${name}-${randomBytes(6).toString('hex')}`
}
