import { randomBytes } from 'node:crypto'

/**
 * The MQTT client id of one connection. A broker ends the older of two connections with one id, so no
 * two processes may share it, whatever they call themselves in topics. Our broker wants the user's
 * name and a colon in front.
 */
export function mqttClientId(id: string, username = id): string {
  const unique = randomBytes(6).toString('hex')
  return username === id ? `${id}:${unique}` : `${username}:${id}:${unique}`
}
