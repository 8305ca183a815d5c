import { monitorEventLoopDelay } from 'node:perf_hooks'

/** Every tick wakes the process: a hundred a second take most of what an idle agent takes. */
const RESOLUTION_MS = 25

/** Watches for how long the event loop did not get round to its timers. */
export interface EventLoopWatch {
  /**
   * Longest delay of a timer since the last call in milliseconds: what blocks for longer than 25 ms is seen,
   * short by up to 25 ms, and what blocks right now afterwards.
   */
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
