import type { EngineTensor } from '@cocoi/engine'
import type { EncodedRows } from './encoded-rows.ts'
import type { ExecutableStep } from './executable.ts'

/** Computes a row as a device would, in the coordinator's own engine; one tensor per convolution. */
export async function computeRow(
  step: ExecutableStep,
  rows: EncodedRows,
  row: number,
): Promise<EngineTensor[]> {
  const session = await step.compute()
  const tensors = rows.tensors(row)
  const feeds = Object.fromEntries(session.inputs.map(({ name }, i) => [name, tensors[i]!]))
  const { outputs } = await session.run(feeds)
  return step.step.outputs.map(({ name }) => outputs[name]!)
}
