/**
 * When equal transfers over one link are through: the link's rate is shared equally by those under
 * way (as TCP does), so the first to start is the first to end.
 *
 * With the *virtual time* v that grows by rate/active, a transfer that starts at v ends at v + bytes.
 *
 * @param starts ascending, in ms; overwritten with the ends
 * @param count  how many of them
 * @param due    room for as many numbers
 */
export function shareLink(
  starts: Float64Array,
  due: Float64Array,
  { count, bytes, bytesPerMs }: { count: number; bytes: number; bytesPerMs: number },
): void {
  if (!Number.isFinite(bytesPerMs) || bytes === 0) return
  let [now, virtual, next] = [0, 0, 0]
  for (let done = 0; done < count; ) {
    if (next === done) now = starts[next]!
    const active = next - done
    const endsAt =
      active > 0 ? now + ((due[done]! - virtual) * active) / bytesPerMs : Number.POSITIVE_INFINITY
    if (next < count && starts[next]! <= endsAt) {
      if (active > 0) virtual += ((starts[next]! - now) * bytesPerMs) / active
      now = starts[next]!
      due[next++] = virtual + bytes
    } else {
      virtual = due[done]!
      now = endsAt
      starts[done++] = now
    }
  }
}
