/** Order of the dimensions of a batch of images. */
export type Layout = 'NCHW' | 'NHWC'

/**
 * The layout of a shape: the one that is asked for, else the one in which the channels are 1 or 3;
 * NCHW if that does not tell.
 */
export function layoutOf(dims: readonly number[], asked: Layout | undefined): Layout {
  if (asked) return asked
  return !isChannels(dims[1]) && isChannels(dims[3]) ? 'NHWC' : 'NCHW'
}

/** Indices of height and width in a shape of four dimensions. */
export function spatialAxes(dims: readonly number[], asked: Layout | undefined): [number, number] {
  return layoutOf(dims, asked) === 'NCHW' ? [2, 3] : [1, 2]
}

/** Index of the channels in a shape of four dimensions. */
export function channelAxis(dims: readonly number[], asked: Layout | undefined): number {
  return layoutOf(dims, asked) === 'NCHW' ? 1 : 3
}

function isChannels(size: number | undefined): boolean {
  return size === 1 || size === 3
}
