import type { ChaosCluster } from './chaos-cluster.ts'
import { type Life, type MemoryReport, MemoryWatch } from './memory-watch.ts'
import { type ChaosReport, formatReport } from './report.ts'
import { type ChaosOptions, runChaos } from './run-chaos.ts'

export interface SoakOptions extends Omit<ChaosOptions, 'requests' | 'calm'> {
  readonly forMs: number
}

/** A chaos run that goes by the clock, and the memory of every process in it. */
export interface SoakReport extends ChaosReport {
  readonly seconds: number
  readonly memory: readonly MemoryReport[]
}

/** More than the clients can ask in a second. */
const requestsPerSecond = 15

/** A process has met every kind of request, and compiled its code, after about this long. */
const warmUpMs = 30_000

/** Keeps a cluster busy for a while, harms it now and then, and watches the memory of its processes. */
export async function runSoak(options: SoakOptions): Promise<SoakReport> {
  const { forMs } = options
  const startedAt = performance.now()
  let watch: MemoryWatch | undefined
  let memory: MemoryReport[] = []
  const report = await runChaos({
    ...options,
    requests: Math.ceil((forMs / 1000) * requestsPerSecond),
    onStarted: bench => {
      watch = new MemoryWatch(processesOf(bench), Math.min(warmUpMs, forMs / 4))
    },
    onHealed: () => {
      memory = watch!.end()
    },
  }).finally(() => watch?.end())
  return { ...report, seconds: Math.round((performance.now() - startedAt) / 1000), memory }
}

function processesOf({ broker, cluster }: ChaosCluster) {
  const { coordinator, devices } = cluster
  return [
    { name: 'broker', process: broker },
    { name: 'coordinator', process: coordinator },
    ...devices.map(device => ({ name: device.id, process: device })),
  ]
}

/** The report for people. */
export function formatSoak(report: SoakReport): string {
  const title = ['process', 'starts', 'longest life', 'RSS at start', 'at end', 'peak']
  const rows = [title, ...report.memory.map(rowOf)]
  const table = rows.map(row => row.map((cell, i) => cell.padEnd(i === 0 ? 16 : 13)).join(' '))
  return `${formatReport(report)}\n\n${table.map(line => line.trimEnd()).join('\n')}`
}

/** A process that was started again is compared only with itself. */
function rowOf({ name, lives, longest }: MemoryReport): string[] {
  const { seconds, startBytes, endBytes, peakBytes }: Life = longest
  const megabytes = [startBytes, endBytes, peakBytes].map(bytes => `${Math.round(bytes / 1e6)} MB`)
  return [name, `${lives}`, `${seconds} s`, ...megabytes]
}
