import type { Transport } from '@cocoi/transport'

export interface Mail {
  readonly topic: string
  readonly payload: Uint8Array
  readonly text: string
}

/** Keeps what arrives, and waits for more. */
export class Mailbox {
  readonly all: Mail[] = []
  #waiting: { readonly count: number; readonly resolve: () => void }[] = []

  readonly handler = (topic: string, payload: Uint8Array): void => {
    this.all.push({ topic, payload, text: Buffer.from(payload).toString() })
    this.#waiting = this.#waiting.filter(({ count, resolve }) => {
      if (this.all.length < count) return true
      resolve()
      return false
    })
  }

  get texts(): string[] {
    return this.all.map(({ text }) => text)
  }

  /** The first `count` messages. */
  async first(count: number): Promise<Mail[]> {
    if (this.all.length < count) {
      await new Promise<void>(resolve => this.#waiting.push({ count, resolve }))
    }
    return this.all.slice(0, count)
  }
}

export const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)

/** The next (re)connection after now, unless the transport is connected already. */
export function connection(transport: Transport): Promise<number> {
  return new Promise(resolve => transport.onConnect(resolve))
}

export function disconnection(transport: Transport): Promise<string> {
  return new Promise(resolve => transport.onDisconnect(resolve))
}

/** What the promise rejects with; fails if it does not. */
export async function rejection(promise: Promise<unknown>): Promise<Error & { code?: string }> {
  const outcome = await promise.then(
    () => undefined,
    (error: Error) => error,
  )
  if (!outcome) throw new Error('expected a rejection, but the promise was fulfilled')
  return outcome
}
