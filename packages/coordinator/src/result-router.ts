import type { EngineTensor } from '@cocoi/engine'
import type { FailureHeader, ResultHeader } from '@cocoi/protocol'
import { RecentKeys } from '@cocoi/scheduler'

/** A result or a failure of one subtask, with the device that sent it. */
export interface SubtaskAnswer {
  readonly device: string
  readonly header: ResultHeader | FailureHeader
  readonly tensors: readonly EngineTensor[]
  readonly bytes: number
}

/** Takes an answer, or says that the subtask was not sent to this device. */
export type AnswerListener = (answer: SubtaskAnswer) => boolean

/** What became of an answer; a late one is no fault, the last two are. */
export type Routed = 'taken' | 'late' | 'not-asked' | 'replayed'

/** Answers and inferences remembered, to tell late ones from replayed and made-up ones. */
const remembered = { answers: 4096, inferences: 1024 }

/** Takes answers of devices to the stage that waits for them; the others are too late. */
export class ResultRouter {
  readonly #stages = new Map<string, AnswerListener>()
  readonly #answers = new RecentKeys(remembered.answers)
  readonly #inferences = new RecentKeys(remembered.inferences)

  /** @returns a function that ends the registration */
  register(inference: string, stage: number, listener: AnswerListener): () => void {
    const key = `${inference}/${stage}`
    this.#stages.set(key, listener)
    this.#inferences.add(inference)
    return () => this.#stages.delete(key)
  }

  route(answer: SubtaskAnswer): Routed {
    const { device, header } = answer
    const { inference, stage, row, attempt } = header
    const key = `${inference}/${stage}/${row}/${attempt}/${device}`
    if (this.#answers.has(key)) return 'replayed'
    const listener = this.#stages.get(`${inference}/${stage}`)
    if (listener ? !listener(answer) : !this.#inferences.has(inference)) return 'not-asked'
    this.#answers.add(key)
    return listener ? 'taken' : 'late'
  }
}
