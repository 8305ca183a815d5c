import { TransportError } from './errors.ts'

/** CONNACK return codes of MQTT 3.1.1, table 3.1, that another attempt will not change. */
const FINAL: Readonly<Record<number, string>> = {
  2: 'refuses the client id; it must be the user name, or begin with the user name and a colon',
  4: 'refuses the user name or password',
  5: 'refuses this client; check its user name, password, client id and will',
}

/** The refusal of a CONNECT that mqtt.js reports as an error with the return code, if it is one. */
export function refusal(url: string, error: Error): TransportError | undefined {
  const code = 'code' in error && typeof error.code === 'number' ? error.code : 0
  const reason = FINAL[code]
  if (reason) return new TransportError('ERR_NOT_AUTHORIZED', `${url} ${reason}`, { cause: error })
  if (code !== 1) return undefined
  return new TransportError('ERR_BROKER_UNREACHABLE', `${url} does not speak MQTT 3.1.1`)
}
