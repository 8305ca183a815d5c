import { execFile } from 'node:child_process'
import type { Logger } from './logger.ts'

const NOTIFY_TIMEOUT_MS = 5000

/** Tells systemd about the state of a service; does nothing where systemd does not ask for it. */
export interface SystemdNotifier {
  /** Feeds the watchdog from now on as long as the daemon makes progress. */
  ready(isProgressing: () => boolean): void
  stopping(): void
}

/**
 * Speaks to systemd with its own program `systemd-notify`: Node has no datagram sockets in the file
 * system, and a native library for three messages is not worth its compiler. As the messages come from
 * a child process, the unit needs `NotifyAccess=all`.
 *
 * With `WatchdogSec=` in the unit, `ready` begins to report every half of that time, so that a process
 * whose event loop hangs, or whose other work does, is restarted.
 */
export function systemdNotifier(logger: Logger): SystemdNotifier {
  if (!process.env.NOTIFY_SOCKET) return { ready() {}, stopping() {} }
  let watchdog: NodeJS.Timeout | undefined
  return {
    ready(isProgressing) {
      notify('READY=1', logger)
      watchdog = startWatchdog(isProgressing, logger)
    },
    stopping() {
      clearInterval(watchdog)
      notify('STOPPING=1', logger)
    },
  }
}

function startWatchdog(isProgressing: () => boolean, logger: Logger): NodeJS.Timeout | undefined {
  const { WATCHDOG_USEC, WATCHDOG_PID } = process.env
  const intervalMs = Math.floor(Number(WATCHDOG_USEC) / 2000)
  const forUs = WATCHDOG_PID === undefined || WATCHDOG_PID === String(process.pid)
  if (!forUs || !(intervalMs > 0)) return undefined
  const feed = () => {
    if (isProgressing()) notify('WATCHDOG=1', logger)
    else logger.error('no progress: the watchdog is not fed', { code: 'ERR_STUCK' })
  }
  return setInterval(feed, intervalMs).unref()
}

function notify(state: string, logger: Logger): void {
  const child = execFile('systemd-notify', [state], { timeout: NOTIFY_TIMEOUT_MS }, error => {
    if (error) logger.warn('systemd was not told', { state, error: error.message.trim() })
  })
  child.unref()
}
