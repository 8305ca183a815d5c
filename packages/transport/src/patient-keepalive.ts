import type { MqttClient } from 'mqtt'
import type { Movement, Progress } from './movement.ts'

/**
 * Keeps mqtt.js from giving up a connection that is merely busy. It pings after each keepalive period
 * without an acknowledgement, and gives up half a period later if there is no answer; but the ping
 * waits behind what is being sent, and the answer behind what is being received. While anything moves
 * the connection lives, and further pings keep the broker's clock from running out.
 *
 * A connection on which nothing moves is given up as before, or half a period later if a large transfer
 * has just been handed to the system, which may still be sending it.
 */
export function waitWhileMoving(client: MqttClient, movement: Movement): void {
  const ping = client.sendPing.bind(client)
  const giveUp = client.onKeepaliveTimeout.bind(client)
  let since: Progress = movement.now()
  let delivering = false
  client.sendPing = () => {
    since = movement.now()
    ping()
  }
  client.onKeepaliveTimeout = () => {
    const delivered = movement.hasDeliveredSince(since)
    const lives = movement.hasMovedSince(since) || delivering
    delivering = delivered
    if (lives) client.sendPing()
    else giveUp()
  }
}
