import { createEngine } from '@cocoi/engine'
import { loadUncut } from './coded-model.ts'
import { type Bench, timed } from './measure.ts'
import { vggLayers } from './vgg-layers.ts'

/** How long the event loop is held up while onnxruntime runs, in terms of the run. */
export async function lagBench(): Promise<Bench> {
  const engine = createEngine({ threads: 1 })
  const run = await loadUncut(engine, vggLayers(0, 4))
  return {
    rounds: 15,
    ratios: { 'event loop': 'longest delay while four layers of VGG16 run, over that run' },
    round: async () => {
      const watch = watchDelays()
      const referenceMs = await timed(run)
      return { 'event loop': { subjectMs: watch.end(), referenceMs } }
    },
    close: () => engine.close(),
  }
}

/** The longest time between two turns of the event loop, which does nothing else than turn. */
function watchDelays(): { end: () => number } {
  let longestMs = 0
  let turnedAt = performance.now()
  let isOver = false
  const turn = () => {
    const now = performance.now()
    longestMs = Math.max(longestMs, now - turnedAt)
    turnedAt = now
    if (!isOver) setTimeout(turn, 1)
  }
  setTimeout(turn, 1)
  return {
    end: () => {
      isOver = true
      return Math.max(longestMs, performance.now() - turnedAt)
    },
  }
}
