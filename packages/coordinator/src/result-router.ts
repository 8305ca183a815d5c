import type { EngineTensor } from '@cocoi/engine'
import type { FailureHeader, ResultHeader } from '@cocoi/protocol'

/** A result or a failure of one subtask, with the device that sent it. */
export interface SubtaskAnswer {
  readonly device: string
  readonly header: ResultHeader | FailureHeader
  readonly tensors: readonly EngineTensor[]
  readonly bytes: number
}

/** Takes answers of devices to the stage that waits for them; the others are too late. */
export class ResultRouter {
  readonly #stages = new Map<string, (answer: SubtaskAnswer) => void>()

  /** @returns a function that ends the registration */
  register(
    inference: string,
    stage: number,
    listener: (answer: SubtaskAnswer) => void,
  ): () => void {
    const key = `${inference}/${stage}`
    this.#stages.set(key, listener)
    return () => this.#stages.delete(key)
  }

  /** @returns false if nobody waits: late, cancelled or replayed */
  route(answer: SubtaskAnswer): boolean {
    const { inference, stage } = answer.header
    const listener = this.#stages.get(`${inference}/${stage}`)
    listener?.(answer)
    return listener !== undefined
  }
}
