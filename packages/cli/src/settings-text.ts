import type { AccessFolder } from './access-folder.ts'

export interface SettingsOptions {
  readonly tls: boolean
  readonly mutualTls: boolean
  readonly coordinator: string
}

/** The settings of the machine that runs broker and coordinator. */
export function settingsText(access: AccessFolder, options: SettingsOptions): string {
  const { coordinator, tls } = options
  return `// Made by \`cocoi init\` for the machine that runs the broker and the coordinator.
{
  mqtt: {
    url: 'mqtt://127.0.0.1:1883',
    username: ${text(coordinator)},
    passwordFile: ${text(access.secretOf(coordinator))},
  },
  broker: {
    host: ${tls ? "'127.0.0.1', // everybody else comes over TLS" : "'0.0.0.0',"}
    anonymous: 'never',
    usersFile: ${text(access.users)},
    joinTokenFile: ${text(access.joinToken)},${tls ? tlsText(access, options) : ''}
  },
  coordinator: { id: ${text(coordinator)} },
}
`
}

function tlsText({ server, ca }: AccessFolder, { mutualTls }: SettingsOptions): string {
  const clientCa = `clientCaFile: ${text(ca.cert)},`
  return `
    tls: {
      host: '0.0.0.0',
      certFile: ${text(server.cert)},
      keyFile: ${text(server.key)},
      ${mutualTls ? clientCa : `// ${clientCa} // every client needs a certificate then`}
    },`
}

function text(value: string): string {
  return JSON.stringify(value)
}
