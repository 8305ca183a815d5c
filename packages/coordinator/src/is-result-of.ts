import type { EngineTensor } from '@cocoi/engine'
import type { Step, TransportType } from '@cocoi/partition'

/**
 * Whether these are the results of a stage: as many as it has outputs, each of the right shape and in the
 * type of the wire. What whole models give has any type and shape.
 */
export function isResultOf(
  { outputs }: Pick<Step, 'outputs'>,
  transport: TransportType,
  tensors: readonly EngineTensor[],
): boolean {
  return (
    tensors.length === outputs.length &&
    outputs.every(({ shape }, i) => {
      const { type, dims } = tensors[i]!
      return shape === undefined || (shape.join() === dims.join() && type === transport)
    })
  )
}
