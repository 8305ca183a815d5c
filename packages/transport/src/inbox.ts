import { ProtocolError } from '@cocoi/protocol'
import { callGuarded } from './guarded-listeners.ts'
import { MessageJoiner } from './message-joiner.ts'
import type { Notifier } from './notifier.ts'
import type { MessageHandler } from './transport.ts'

/** Joins what arrives into messages and gives them to the handlers of their topic. */
export class Inbox {
  readonly #joiner: MessageJoiner
  readonly #handlers: (topic: string) => MessageHandler[]
  readonly #notifier: Notifier
  #dropped = 0

  constructor(
    handlers: (topic: string) => MessageHandler[],
    { maxMessageBytes, notifier }: { maxMessageBytes: number; notifier: Notifier },
  ) {
    this.#handlers = handlers
    this.#joiner = new MessageJoiner(maxMessageBytes)
    this.#notifier = notifier
  }

  /** Payloads that claimed to be parts and were not. */
  get dropped(): number {
    return this.#dropped
  }

  receive(topic: string, payload: Uint8Array): void {
    const handlers = this.#handlers(topic)
    if (handlers.length === 0) return
    const message = this.#joiner.accept(topic, payload)
    if (message instanceof ProtocolError) {
      this.#dropped += 1
      this.#notifier.dropped(message.code, `${topic}: ${message.message}`)
    } else if (message) {
      for (const handler of handlers) {
        callGuarded(
          () => handler(topic, message),
          error => this.#notifier.listenerFailed(`handler of ${topic}`, error),
        )
      }
    }
  }

  close(): void {
    this.#joiner.close()
  }
}
