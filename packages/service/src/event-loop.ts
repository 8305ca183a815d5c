import { monitorEventLoopDelay } from 'node:perf_hooks'

const RESOLUTION_MS = 10

/** Watches for how long the event loop did not get round to its timers. */
export interface EventLoopWatch {
  /** Longest delay since the last call in milliseconds; what blocks right now is seen afterwards. */
  lagMs(): number
  stop(): void
}

/** Begins to watch; a watch does not keep the process alive. */
export function watchEventLoop(): EventLoopWatch {
  const histogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS })
  histogram.enable()
  return {
    lagMs() {
      // The histogram holds the time between two ticks, the interval included, in nanoseconds.
      const longestMs = histogram.max / 1e6
      histogram.reset()
      return Math.max(0, longestMs - RESOLUTION_MS)
    },
    stop: () => void histogram.disable(),
  }
}
