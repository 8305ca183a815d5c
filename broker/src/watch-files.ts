import type { Logger } from '@cocoi/service'

/** How often the users file is looked at while nobody logs in. */
const REFRESH_MS = 2000

export interface Watched {
  /** Reads the users again if their file has changed. */
  readonly refresh: () => void
  /** Reads the certificate again. */
  readonly renew: () => void
  readonly logger: Logger
}

/**
 * Notices what `cocoi users` has changed within two seconds, so that whoever was removed is cut off soon;
 * SIGHUP does it at once and renews the certificate too. Returns how to end it.
 */
export function watchFiles({ refresh, renew, logger }: Watched): () => void {
  let reported = ''
  const attempt = (act: () => void) => {
    try {
      act()
      reported = ''
    } catch (error) {
      const { message } = error as Error
      // The file stays wrong until somebody mends it: say it once.
      if (message !== reported) logger.error(message)
      reported = message
    }
  }
  const onHangup = () => {
    logger.info('reading users and certificate again')
    attempt(refresh)
    attempt(renew)
  }
  const timer = setInterval(attempt, REFRESH_MS, refresh)
  process.on('SIGHUP', onHangup)
  return () => {
    clearInterval(timer)
    process.off('SIGHUP', onHangup)
  }
}
