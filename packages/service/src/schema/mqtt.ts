import { z } from 'zod'
import { bytes, optionalPath } from './quantities.ts'

const PROTOCOLS = ['mqtt:', 'mqtts:', 'ws:', 'wss:']

function addresses(text: string): (URL | undefined)[] {
  return text
    .split(',')
    .map(one => one.trim())
    .map(one => (URL.canParse(one) ? new URL(one) : undefined))
}

function isKnown(address: URL | undefined): boolean {
  return PROTOCOLS.includes(address?.protocol ?? '')
}

const url = z
  .string()
  .refine(text => text === 'auto' || addresses(text).every(isKnown), {
    error:
      'use mqtt://host:port, or mqtts://, ws:// or wss://; several are separated by commas; or auto',
    abort: true,
  })
  .refine(text => addresses(text).every(one => !one?.username && !one?.password), {
    error:
      'put the user name in mqtt.username and the password in the file mqtt.passwordFile names',
  })

const base = z
  .string()
  .refine(text => text.split('/').every(level => /^[^+#$\p{Cc}]+$/u.test(level)), {
    error: 'a base topic has no empty level and none of + # $; use a name like cocoi',
  })

/** Section `mqtt`: how an agent reaches the broker. Secrets are files, never values. */
export const mqttSchema = z
  .strictObject({
    url: url.describe(
      'broker: `mqtt://`, `mqtts://`, `ws://` or `wss://`, host and port; several of one cluster are ' +
        'separated by commas and tried in turn; or `auto`, which finds one that announces itself and ' +
        'has a certificate of mqtt.caFile',
    ),
    base: base.describe('first levels of every topic'),
    username: z.string().describe('user name; empty for none'),
    passwordFile: optionalPath.describe('file with the password; empty for none'),
    caFile: optionalPath.describe("PEM file of the broker's CA; empty for the system's"),
    certFile: optionalPath.describe('PEM file of the client certificate; empty for none'),
    keyFile: optionalPath.describe('PEM file of the key of that certificate; empty for none'),
    maxPayloadBytes: bytes
      .min(1024)
      .describe('largest payload the broker takes; larger messages travel in parts'),
  })
  .refine(({ url, caFile }) => url !== 'auto' || caFile !== '', {
    error:
      'only a broker with a certificate of a known CA is believed: set mqtt.caFile to its ca.crt',
    path: ['url'],
  })
  .refine(({ username, passwordFile }) => passwordFile === '' || username !== '', {
    error: 'a password goes with a user name: set mqtt.username too',
    path: ['passwordFile'],
  })
  .refine(({ certFile, keyFile }) => (certFile === '') === (keyFile === ''), {
    error: 'certificate and key go together: set both mqtt.certFile and mqtt.keyFile',
    path: ['certFile'],
  })

export type MqttConfig = z.output<typeof mqttSchema>
