import type { EngineTensor } from '@cocoi/engine'
import type { Step } from '@cocoi/partition'

/** Whether these are the results of a stage: as many as it has outputs, each of the right shape. */
export function hasShapesOf({ outputs }: Step, tensors: readonly EngineTensor[]): boolean {
  const fits = (shape: readonly number[] | undefined, dims: readonly number[] | undefined) =>
    dims !== undefined && (shape === undefined || shape.join() === dims.join())
  return (
    tensors.length === outputs.length &&
    outputs.every(({ shape }, i) => fits(shape, tensors[i]?.dims))
  )
}
