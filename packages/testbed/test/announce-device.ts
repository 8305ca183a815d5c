import { encodeStatus, topics } from '@cocoi/protocol'
import { connectMqtt, whenConnected } from '@cocoi/transport'

/** Publishes the status `online` of a device, as its agent does. */
export async function announceDevice(
  { url, base = 'cocoi' }: { url: string; base?: string },
  device: string,
  session: number,
): Promise<void> {
  const transport = connectMqtt({ url, clientId: `${device}-control`, keepaliveS: 60 })
  await whenConnected(transport, 20_000)
  const status = encodeStatus({ state: 'online', session, since: new Date().toISOString() })
  const topic = topics(base).deviceStatus({ device })
  await transport.publish(topic, status, { qos: 1, retain: true, timeoutMs: 20_000 })
  await transport.close()
}
