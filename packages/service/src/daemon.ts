import { constants } from 'node:os'
import { explainFailure, isConfigurationError } from './failure.ts'
import type { Logger } from './logger.ts'
import { type SystemdNotifier, systemdNotifier } from './sd-notify.ts'

/** What a daemon is once it has started. */
export interface RunningDaemon {
  /** Facts for whoever started the process, such as the port; printed as JSON. */
  readonly ready: object
  /**
   * Whether work outside the event loop moves on, such as that of an inference engine. While it does not,
   * systemd's watchdog is not fed, and systemd starts the daemon anew. Without it the event loop counts.
   */
  isProgressing?(): boolean
  /** Resolves with the reason when it cannot go on; the process logs it and exits. */
  readonly failure?: Promise<unknown>
  /** Ends everything; called once. */
  stop(): Promise<void>
}

/** How a daemon is run. */
export interface DaemonOptions {
  readonly name: string
  /** The logger, or how to make it, so that wrong settings of the log end in a sentence too. */
  readonly logger: Logger | (() => Logger)
  /** The signal aborts when the process is told to stop before this has resolved. */
  readonly start: (logger: Logger, signal: AbortSignal) => Promise<RunningDaemon>
  /** Time for `stop`; 10 s by default. */
  readonly stopTimeoutMs?: number
}

type StopSignal = 'SIGTERM' | 'SIGINT'

/** Exit code when the settings are to blame, so that systemd need not try again (RestartPreventExitStatus). */
const EXIT_BAD_CONFIG = 2

/**
 * npm, and a shell together with a parent process, deliver one Ctrl-C twice. Signals this close to the
 * first one are the same wish.
 */
const SAME_WISH_MS = 500

/**
 * Runs a daemon as this process and resolves when it is ready, which it tells with one line
 * `ready <json>` on stdout, and systemd. From then on the process ends by itself:
 *
 * - SIGTERM or SIGINT: `stop`, then exit 0; exit 1 if that fails or takes longer than `stopTimeoutMs`;
 *   a second signal exits at once with 128 + its number
 * - an exception or rejection that nobody handles: logged with code and stack, exit 1
 * - `failure` resolves: logged with code, exit 1, or 2 if the settings are to blame
 * - `start` fails: logged with code, exit 1, or 2 if the settings are to blame
 */
export async function runDaemon(options: DaemonOptions): Promise<void> {
  const logger = loggerOf(options)
  const daemon = new Daemon(options, logger)
  daemon.watchProcess()
  await daemon.start()
}

function loggerOf({ name, logger }: DaemonOptions): Logger {
  if (typeof logger !== 'function') return logger
  try {
    return logger()
  } catch (error) {
    process.stderr.write(`${name}: ${explainFailure(error).message}\n`)
    process.exit(isConfigurationError(error) ? EXIT_BAD_CONFIG : 1)
  }
}

class Daemon {
  readonly #options: DaemonOptions
  readonly #logger: Logger
  readonly #systemd: SystemdNotifier
  readonly #stopWish = new AbortController()
  #running: RunningDaemon | undefined
  #stopWishedAt = 0

  constructor(options: DaemonOptions, logger: Logger) {
    this.#options = options
    this.#logger = logger
    this.#systemd = systemdNotifier(logger)
  }

  watchProcess(): void {
    if (process.env.COCOI_PARENT_PIPE === '1') this.#followParent()
    process.on('SIGTERM', () => this.#onSignal('SIGTERM'))
    process.on('SIGINT', () => this.#onSignal('SIGINT'))
    process.on('uncaughtException', error => this.#crash(error))
    process.on('unhandledRejection', reason => this.#crash(reason))
  }

  /** Ends with the process that has started this one, whose end of stdin closes when it dies. */
  #followParent(): void {
    process.stdin.once('end', () => this.#onSignal('SIGTERM')).resume()
  }

  async start(): Promise<void> {
    try {
      this.#running = await this.#options.start(this.#logger, this.#stopWish.signal)
    } catch (error) {
      return this.#startFailed(error)
    }
    if (this.#stopWish.signal.aborted) return this.#stop(this.#running)
    process.stdout.write(`ready ${JSON.stringify(this.#running.ready)}\n`)
    const running = this.#running
    void running.failure?.then(reason => this.#exit(reason))
    this.#systemd.ready(() => running.isProgressing?.() ?? true)
  }

  #startFailed(error: unknown): void {
    if (this.#stopWish.signal.aborted) process.exit(0)
    this.#exit(error)
  }

  #exit(error: unknown): void {
    const { message, code, stack } = explainFailure(error)
    this.#logger.error(message, { code })
    this.#logger.debug('where it failed', { stack })
    process.exit(isConfigurationError(error) ? EXIT_BAD_CONFIG : 1)
  }

  #onSignal(signal: StopSignal): void {
    if (this.#stopWish.signal.aborted) this.#onRepeatedSignal(signal)
    else this.#onFirstSignal(signal)
  }

  #onFirstSignal(signal: StopSignal): void {
    this.#stopWishedAt = performance.now()
    this.#logger.info('stopping', { signal })
    this.#systemd.stopping()
    this.#limitStopping()
    this.#stopWish.abort()
    // While it starts, `start` sees the wish and ends or stops.
    if (this.#running) void this.#stop(this.#running)
  }

  #onRepeatedSignal(signal: StopSignal): void {
    if (performance.now() - this.#stopWishedAt < SAME_WISH_MS) return
    process.exit(128 + constants.signals[signal])
  }

  #limitStopping(): void {
    const { stopTimeoutMs = 10_000 } = this.#options
    setTimeout(() => {
      const code = 'ERR_STOP_TIMEOUT'
      this.#logger.error(`could not stop within ${stopTimeoutMs} ms`, { code })
      process.exit(1)
    }, stopTimeoutMs)
  }

  async #stop(running: RunningDaemon): Promise<void> {
    try {
      await running.stop()
      process.exit(0)
    } catch (error) {
      this.#crash(error)
    }
  }

  #crash(error: unknown): void {
    const { message, code, stack } = explainFailure(error)
    this.#logger.error(message, { code, stack })
    process.exit(1)
  }
}
