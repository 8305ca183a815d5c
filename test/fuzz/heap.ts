import { getHeapStatistics, setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

/** Bytes in use by this thread, on the heap and in buffers; counts garbage. */
export function usedBytes(): number {
  const { used_heap_size, external_memory } = getHeapStatistics()
  return used_heap_size + external_memory
}

/** Bytes in use once garbage is gone. */
export async function liveBytes(): Promise<number> {
  for (let round = 0; round < 3; round += 1) {
    collect()
    // Buffers are given back a turn later.
    await new Promise(setImmediate)
  }
  return usedBytes()
}
