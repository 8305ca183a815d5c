import { readFileSync } from 'node:fs'
import { badConfig } from './errors.ts'
import type { MqttConfig } from './schema/mqtt.ts'
import { readSecret } from './secret.ts'

/** What it takes to reach the broker: the settings with the contents of the files they name. */
export interface BrokerAccess {
  readonly url: string
  readonly maxPayloadBytes: number
  readonly username?: string
  readonly password?: string
  readonly ca?: Uint8Array
  readonly cert?: Uint8Array
  readonly key?: Uint8Array
}

/** @throws {ServiceError} ERR_BAD_SECRET, or ERR_BAD_CONFIG for a certificate that cannot be read */
export function readBrokerAccess(mqtt: MqttConfig): BrokerAccess {
  const { url, maxPayloadBytes, username, passwordFile, caFile, certFile, keyFile } = mqtt
  return {
    url,
    maxPayloadBytes,
    ...(username ? { username } : {}),
    ...(passwordFile ? { password: readSecret(passwordFile) } : {}),
    ...(caFile ? { ca: readCertificate('mqtt.caFile', caFile) } : {}),
    ...(certFile ? { cert: readCertificate('mqtt.certFile', certFile) } : {}),
    ...(keyFile ? { key: Buffer.from(readSecret(keyFile)) } : {}),
  }
}

function readCertificate(key: string, path: string): Uint8Array {
  try {
    return readFileSync(path)
  } catch (cause) {
    throw badConfig(`${key} cannot be read: ${(cause as Error).message}`, cause)
  }
}
