import { type CocoiClient, connectClient } from '@cocoi/client'
import type { InferenceParameters } from '@cocoi/protocol'
import type { Cluster } from '@cocoi/testbed'
import { FullFleet } from './full-fleet.ts'
import type { RunInput } from './inputs.ts'
import { Oracle } from './oracle.ts'
import type { Progress } from './progress.ts'
import { startVirtualCluster, type VirtualClusterOptions } from './virtual-cluster.ts'
import { openWorkspace, type Workspace } from './workspace.ts'

/** A cluster with one model, and what its answers are measured with. */
export interface Bench {
  readonly cluster: Cluster
  readonly client: CocoiClient
  readonly fleet: FullFleet
  readonly oracle: Oracle
  readonly model: string
  readonly inputs: readonly RunInput[]
  readonly parameters: InferenceParameters
  readonly slowed: number
}

export interface BenchOptions extends VirtualClusterOptions {
  readonly modelPath: string
  /** Name of the model; by default that of its file. */
  readonly name?: string
  readonly config?: string
  readonly labels?: string
  /** Name of the client. */
  readonly client: string
  readonly inputs: (workspace: Workspace) => Promise<readonly RunInput[]>
  readonly parameters: InferenceParameters
  readonly slowed: number
}

/** Does something with a bench that is built before and taken down afterwards, whatever happens. */
export async function withBench<T>(
  options: BenchOptions,
  progress: Progress,
  act: (bench: Bench) => Promise<T>,
): Promise<T> {
  const closings: (() => Promise<void>)[] = []
  try {
    const bench = await build(options, { progress, closings })
    return await act(bench)
  } finally {
    for (const close of closings.reverse()) await close()
  }
}

async function build(
  options: BenchOptions,
  { progress, closings }: { progress: Progress; closings: (() => Promise<void>)[] },
): Promise<Bench> {
  const { parameters, slowed, devices } = options
  const workspace = await openWorkspace({ ...options, progress })
  closings.push(() => workspace.close())
  const { entry, engine, prepared } = workspace
  const inputs = await options.inputs(workspace)
  const { modelPath } = entry
  const oracle = await Oracle.consult(engine, { modelPath, prepared }, inputs)
  const cluster = await startVirtualCluster(workspace, options, progress)
  closings.push(() => cluster.stop())
  const client = await connectClient({ url: cluster.url, id: options.client })
  closings.push(() => client.close())
  const fleet = await FullFleet.watch(client, devices)
  return { cluster, client, fleet, oracle, model: entry.name, inputs, parameters, slowed }
}
