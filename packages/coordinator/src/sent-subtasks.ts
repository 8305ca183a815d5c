import type { SubtaskTimes } from '@cocoi/scheduler'

/** Names one try of a row. */
interface AttemptKey {
  readonly row: number
  readonly attempt: number
  readonly device: string
}

/** The subtasks that one run of a stage has sent, and what their times say about the stage. */
export class SentSubtasks {
  readonly #times: SubtaskTimes
  readonly #hedgeAfterMs: number
  readonly #sentAt = new Map<string, number>()
  readonly #answered = new Set<string>()

  constructor(times: SubtaskTimes) {
    this.#times = times
    this.#hedgeAfterMs = times.hedgeAfterMs ?? Number.POSITIVE_INFINITY
  }

  sent(key: AttemptKey, now: number): void {
    this.#sentAt.set(textOf(key), now)
  }

  /** Whether the answer is one to a subtask that was sent to this very device. */
  isExpected(key: AttemptKey): boolean {
    return this.#sentAt.has(textOf(key))
  }

  answered(key: AttemptKey, now: number): void {
    const text = textOf(key)
    if (this.#answered.has(text)) return
    this.#answered.add(text)
    this.#times.note(now - this.#sentAt.get(text)!)
  }

  /** The stage is complete; who has not answered was cut off. */
  complete(now: number): void {
    const open = [...this.#sentAt].filter(([text]) => !this.#answered.has(text))
    const overdue = open.map(([, at]) => now - at).filter(ms => ms > this.#hedgeAfterMs)
    this.#times.noteCutOff(overdue, this.#sentAt.size)
  }
}

function textOf({ row, attempt, device }: AttemptKey): string {
  return `${row}/${attempt}/${device}`
}
