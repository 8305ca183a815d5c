/** Work of one graph or subtask: arithmetic, and bytes read from and written to memory. */
export interface Work {
  readonly flops: number
  readonly bytes: number
}

/** How fast a machine does it. */
export interface Speed {
  readonly flopsPerS: number
  readonly memoryBytesPerS: number
}

export const noWork: Work = { flops: 0, bytes: 0 }

export function addWork(...works: readonly Work[]): Work {
  let [flops, bytes] = [0, 0]
  for (const work of works) {
    flops += work.flops
    bytes += work.bytes
  }
  return { flops, bytes }
}

/** Time for the work when nothing disturbs: arithmetic and memory traffic one after the other. */
export function workMs({ flops, bytes }: Work, speed: Speed): number {
  return (flops / speed.flopsPerS + bytes / speed.memoryBytesPerS) * 1000
}
