import { existsSync, readFileSync } from 'node:fs'

/** Resident memory of each process, in bytes, by name. */
export type Memory = Readonly<Record<string, number>>

const sampleMs = 1000

/** Samples of which the median counts: garbage is collected now and then. */
const window = 15

/** Samples the resident memory of processes every second. */
export class MemoryRecord {
  readonly #pids: Readonly<Record<string, number>>
  readonly #samples: Memory[] = []
  readonly #timer: NodeJS.Timeout

  /** @param pids process ids by name */
  constructor(pids: Readonly<Record<string, number>>) {
    this.#pids = pids
    this.#timer = setInterval(() => this.#sample(), sampleMs)
  }

  stop(): void {
    clearInterval(this.#timer)
  }

  /** Medians of the last seconds; undefined where the system does not tell. */
  get now(): Memory | undefined {
    if (this.#samples.length === 0) this.#sample()
    const last = this.#samples.slice(-window)
    if (last.length === 0) return undefined
    const medianOf = (name: string) => {
      const sorted = last.map(sample => sample[name]!).sort((a, b) => a - b)
      return sorted[Math.floor(sorted.length / 2)]!
    }
    return Object.fromEntries(Object.keys(this.#pids).map(name => [name, medianOf(name)]))
  }

  #sample(): void {
    if (!existsSync('/proc/self/status')) return
    const entries = Object.entries(this.#pids).map(([name, pid]) => [name, residentBytes(pid)])
    this.#samples.push(Object.fromEntries(entries))
    if (this.#samples.length > window) this.#samples.shift()
  }
}

function residentBytes(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  return Number(/VmRSS:\s+(\d+) kB/.exec(status)![1]) * 1024
}
