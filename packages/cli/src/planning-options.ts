import type { Command } from 'commander'
import { axes, transports, wholeNumber } from './option-values.ts'

/** How layers are cut, what travels, and which layers are worth it. */
export interface PlanningFlags {
  readonly axis: 'rows' | 'columns'
  readonly transport: 'float16' | 'float32'
  readonly minIntensity: number
}

/** The options of every command that makes plans. */
export function planningOptions(command: Command): Command {
  return command
    .option('--axis <axis>', 'cut layers along rows or columns', axes, 'rows')
    .option('--transport <type>', 'float16 or float32 on the wire', transports, 'float16')
    .option(
      '--min-intensity <n>',
      'layers with fewer operations per byte on the wire stay local',
      wholeNumber('--min-intensity', 0, 1e6),
      32,
    )
}
