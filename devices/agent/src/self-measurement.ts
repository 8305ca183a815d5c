import { benchmark, type Engine } from '@cocoi/engine'
import { SpeedMeter, type Work } from '@cocoi/planner'
import type { SpeedProfile } from '@cocoi/protocol'
import type { Pace } from './pace.ts'

/** How fast this device is: by a benchmark at the start, then by its own subtasks. */
export class SelfMeasurement {
  #meter = new SpeedMeter()

  /** Times the engine, which is to have nothing else to do, at the pace that the device imitates. */
  async start(engine: Engine, pace: Pace): Promise<void> {
    const result = await benchmark(engine, async run => (await pace.take(run)).ms)
    this.#meter = new SpeedMeter(result)
  }

  note(work: Work, ms: number): void {
    this.#meter.note(work, ms)
  }

  /** As the heartbeat tells it, in as many digits as mean something. */
  get profile(): SpeedProfile {
    const { slowness, distance, samples, ...speed } = this.#meter.measured
    return {
      ...{ flopsPerS: rounded(speed.flopsPerS), memoryBytesPerS: rounded(speed.memoryBytesPerS) },
      ...{ perRunMs: rounded(speed.perRunMs), straggling: rounded(speed.straggling) },
      ...(slowness === undefined ? {} : { slowness: slowness.map(rounded) }),
      ...(distance === undefined ? {} : { distance: rounded(distance) }),
      samples,
    }
  }
}

function rounded(value: number): number {
  return Number(value.toPrecision(4))
}
