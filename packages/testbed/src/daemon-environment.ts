import { builtInSettings, OWN_CONFIG_FOLDER } from '@cocoi/service'

/** Variables that configure a daemon of the user, or tell it of its own service manager. */
const THE_USERS = /^(COCOI_|NODE_CONFIG|WATCHDOG_)|^(NOTIFY_SOCKET|JOURNAL_STREAM)$/

/**
 * The environment of a daemon of a virtual cluster: that of this process, except that neither
 * variables nor files of the user change how the daemon runs.
 *
 * @param settings by section, in place of the built-in ones
 */
export function daemonEnvironment(settings: object): NodeJS.ProcessEnv {
  const others = Object.entries(process.env).filter(([name]) => !THE_USERS.test(name))
  return {
    ...Object.fromEntries(others),
    NODE_CONFIG: JSON.stringify(builtInSettings(settings)),
    NODE_CONFIG_DIR: OWN_CONFIG_FOLDER,
    COCOI_PARENT_PIPE: '1',
  }
}
