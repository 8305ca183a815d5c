import type { Transport } from '@cocoi/transport'

/**
 * Calls the listener once in every session of `control`, as soon as `data` is connected too: both
 * have renewed their subscriptions then.
 */
export function onBothConnected(
  { control, data }: { readonly control: Transport; readonly data: Transport },
  listener: (session: number) => void,
): void {
  let latest: number | undefined
  let told: number | undefined
  const tell = () => {
    if (!control.connected || !data.connected || latest === undefined || latest === told) return
    told = latest
    listener(latest)
  }
  control.onConnect(session => {
    latest = session
    tell()
  })
  data.onConnect(tell)
}
