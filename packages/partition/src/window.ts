/** One spatial axis of a sliding-window operator (ONNX Conv: kernel_shape, strides, dilations, pads). */
export interface Window {
  readonly kernel: number
  readonly stride: number
  readonly dilation: number
  /** Zeros before the first element. */
  readonly padBegin: number
  /** Zeros after the last element. */
  readonly padEnd: number
}

/** Positions `begin ≤ p < end` along one axis. */
export interface Interval {
  readonly begin: number
  readonly end: number
}

/** Number of positions that the kernel covers, holes of the dilation included. */
export function reach(window: Window): number {
  return (window.kernel - 1) * window.dilation + 1
}

/** Output extent of the operator over an input of `extent` positions (ONNX Conv, floor mode). */
export function outputExtent(extent: number, window: Window): number {
  const padded = extent + window.padBegin + window.padEnd
  return Math.floor((padded - reach(window)) / window.stride) + 1
}

/**
 * Input positions that the output positions `output` read: the piece and its halo.
 * The interval is not clipped: a negative `begin`, or an `end` beyond the input, is padding.
 */
export function inputInterval(output: Interval, window: Window): Interval {
  const begin = output.begin * window.stride - window.padBegin
  const last = (output.end - 1) * window.stride - window.padBegin
  return { begin, end: last + reach(window) }
}

/** Pads of one axis for `auto_pad` (ONNX Conv-11): SAME keeps `ceil(extent / stride)` outputs. */
export function samePads(
  extent: number,
  window: Omit<Window, 'padBegin' | 'padEnd'>,
  extraAt: 'begin' | 'end',
): Pick<Window, 'padBegin' | 'padEnd'> {
  const outputs = Math.ceil(extent / window.stride)
  const span = (window.kernel - 1) * window.dilation + 1
  const total = Math.max((outputs - 1) * window.stride + span - extent, 0)
  const small = Math.floor(total / 2)
  const large = total - small
  return extraAt === 'end' ? { padBegin: small, padEnd: large } : { padBegin: large, padEnd: small }
}
