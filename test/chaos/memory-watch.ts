import { readFileSync } from 'node:fs'

/** A process that may be another one after each start. */
export interface Watched {
  readonly name: string
  readonly process: { readonly pid: number; readonly alive: boolean }
}

/** Resident memory of one process from its start to its end. */
export interface Life {
  readonly seconds: number
  /** When it had warmed up; if it died before, as it was first seen. */
  readonly startBytes: number
  readonly endBytes: number
  readonly peakBytes: number
}

/** What became of the memory of everything that had one name. */
export interface MemoryReport {
  readonly name: string
  /** How many processes it was. */
  readonly lives: number
  /** The one that lived longest: only that one can be compared with itself. */
  readonly longest: Life
}

const sampleMs = 500

/** Samples the resident memory of processes that come and go. Linux only: it is read from `/proc`. */
export class MemoryWatch {
  readonly #watched: readonly Watched[]
  readonly #warmUpMs: number
  readonly #lives = new Map<string, Map<number, Recording>>()
  readonly #timer: NodeJS.Timeout

  /** @param warmUpMs a process that has run so long is measured for the first time */
  constructor(watched: readonly Watched[], warmUpMs: number) {
    this.#watched = watched
    this.#warmUpMs = warmUpMs
    for (const { name } of watched) this.#lives.set(name, new Map())
    this.#sample()
    this.#timer = setInterval(() => this.#sample(), sampleMs)
  }

  /** Samples once more, and no longer. */
  end(): MemoryReport[] {
    clearInterval(this.#timer)
    this.#sample()
    return [...this.#lives].map(([name, lives]) => {
      const all = [...lives.values()].map(recording => recording.life)
      const longest = all.reduce((best, life) => (life.seconds > best.seconds ? life : best))
      return { name, lives: all.length, longest }
    })
  }

  #sample(): void {
    const now = performance.now()
    for (const { name, process } of this.#watched) {
      const memory = process.alive ? memoryOf(process.pid) : undefined
      if (!memory) continue
      const lives = this.#lives.get(name)!
      const recording = lives.get(process.pid) ?? new Recording(now)
      lives.set(process.pid, recording.note(memory, now, this.#warmUpMs))
    }
  }
}

interface Memory {
  readonly bytes: number
  readonly peakBytes: number
}

class Recording {
  readonly #since: number
  #until: number
  #start: number | undefined
  #isWarm = false
  #last: Memory = { bytes: 0, peakBytes: 0 }

  constructor(since: number) {
    this.#since = since
    this.#until = since
  }

  note(memory: Memory, now: number, warmUpMs: number): this {
    this.#until = now
    this.#last = memory
    const warmsUpNow = !this.#isWarm && now - this.#since >= warmUpMs
    if (this.#start === undefined || warmsUpNow) this.#start = memory.bytes
    this.#isWarm ||= warmsUpNow
    return this
  }

  get life(): Life {
    return {
      seconds: Math.round((this.#until - this.#since) / 1000),
      startBytes: this.#start ?? this.#last.bytes,
      endBytes: this.#last.bytes,
      peakBytes: this.#last.peakBytes,
    }
  }
}

/** Undefined if the process has just ended. */
function memoryOf(pid: number): Memory | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/status`, 'utf8')
    const bytes = (key: string) => {
      const [, kilobytes] = new RegExp(`^${key}:\\s*(\\d+) kB$`, 'm').exec(text) ?? []
      return kilobytes === undefined ? undefined : Number(kilobytes) * 1024
    }
    const [now, peak] = [bytes('VmRSS'), bytes('VmHWM')]
    return now === undefined || peak === undefined ? undefined : { bytes: now, peakBytes: peak }
  } catch {
    return undefined
  }
}
