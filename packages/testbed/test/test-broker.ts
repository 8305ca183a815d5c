import { startBroker } from '@cocoi/broker'
import { announceDevice } from './announce-device.ts'
import { brokerOptions } from './broker-options.ts'

/** A broker in this process, and devices that announce themselves. */
export async function startTestBroker() {
  const { port, close } = await startBroker(brokerOptions())
  const url = `mqtt://127.0.0.1:${port}`
  const announce = (device: string, session = Date.now()) =>
    announceDevice({ url }, device, session)
  return { url, close, announce }
}
