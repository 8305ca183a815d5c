/** Everything that a chaos run does to a cluster; devices are counted from 0. */
export type Fault =
  /** kill −9, started again after a while; several at once, sometimes all. */
  | { readonly kind: 'device-kill'; readonly devices: readonly number[]; readonly forMs: number }
  /** Killed and started again, several times in a row. */
  | { readonly kind: 'device-flap'; readonly device: number; readonly times: number }
  /** SIGSTOP, then SIGCONT. */
  | { readonly kind: 'device-freeze'; readonly device: number; readonly forMs: number }
  | { readonly kind: 'broker-kill'; readonly forMs: number }
  /** Killed; a broker of another make comes up in its place and stays so long, then it comes back. */
  | { readonly kind: 'broker-swap'; readonly forMs: number }
  | { readonly kind: 'coordinator-kill'; readonly forMs: number }
  /** The cable is out; without network namespaces, connections are cut and refused. */
  | { readonly kind: 'network-cut'; readonly device: number; readonly forMs: number }
  /** Connections stay, nothing gets through. */
  | { readonly kind: 'network-stall'; readonly device: number; readonly forMs: number }
  | {
      readonly kind: 'network-delay'
      readonly device: number
      readonly forMs: number
      readonly delayMs: number
    }
  /** Bytes of its model files change, while it is down or while it runs. */
  | { readonly kind: 'cache-corrupt'; readonly device: number; readonly running: boolean }
  /** Its model files are gone and the disk for new ones is full. */
  | { readonly kind: 'disk-full'; readonly device: number; readonly forMs: number }
  /** It is started again with a clock that has jumped, and its last session number with it. */
  | {
      readonly kind: 'clock-jump'
      readonly device: number
      readonly to: 'past' | 'future' | 'nonsense'
    }

export type FaultKind = Fault['kind']

/** A fault and when it happens: when this request is sent, counted from 0. */
export type TimedFault = Fault & { readonly atRequest: number }
