import { type BrokerKind, brokerKinds } from './chaos-broker.ts'
import { type NetworkKind, networkKinds } from './run-chaos.ts'

/** The value of a flag as a whole number from 1 on. */
export function wholeNumber(name: string, text: string): number {
  const value = Number(text)
  if (Number.isSafeInteger(value) && value > 0) return value
  throw new TypeError(`--${name} must be a whole number from 1 on, got ${text}`)
}

/** The value of `--broker`. */
export function brokerKind(text: string): BrokerKind {
  const kind = brokerKinds.find(known => known === text)
  if (kind) return kind
  throw new TypeError(`--broker is one of ${brokerKinds.join(', ')}, got ${text}`)
}

/** The value of `--network`. */
export function networkKind(text: string): NetworkKind {
  const kind = networkKinds.find(known => known === text)
  if (kind) return kind
  throw new TypeError(`--network is one of ${networkKinds.join(', ')}, got ${text}`)
}
