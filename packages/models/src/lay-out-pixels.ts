import { setImmediate } from 'node:timers/promises'
import { toFloat16 } from './float16.ts'
import type { ImageTarget } from './image-target.ts'

type Elements = Float32Array | Uint16Array | Uint8Array

/** Elements written before other work gets a turn: a few milliseconds on a Raspberry Pi. */
const elementsPerTurn = 1 << 20

/**
 * Writes pixels as the model takes them. A byte has only 256 values, so a table per channel holds
 * what becomes of each, and scaling costs one look-up.
 *
 * @param pixels bytes of [height, width, channels], red first
 * @returns the data of a tensor of the target's type and shape
 */
export async function layOutPixels(pixels: Uint8Array, target: ImageTarget): Promise<Uint8Array> {
  const { channels, layout, reversed } = target
  const planeSize = target.height * target.width
  const elements = newElements(target, planeSize * channels)
  const pixelsPerTurn = Math.ceil(elementsPerTurn / channels)
  for (let begin = 0; begin < planeSize; begin += pixelsPerTurn) {
    if (begin > 0) await setImmediate()
    const end = Math.min(begin + pixelsPerTurn, planeSize)
    for (let channel = 0; channel < channels; channel++) {
      const source = reversed ? channels - 1 - channel : channel
      const table = tableOf(target, channel)
      const [first, step] = layout === 'NCHW' ? [channel * planeSize, 1] : [channel, channels]
      for (let i = begin; i < end; i++) {
        elements[first + i * step] = table[pixels[i * channels + source]!]!
      }
    }
  }
  return new Uint8Array(elements.buffer, elements.byteOffset, elements.byteLength)
}

function newElements({ type }: ImageTarget, length: number): Elements {
  if (type === 'float32') return new Float32Array(length)
  return type === 'float16' ? new Uint16Array(length) : new Uint8Array(length)
}

/** What each of the 256 values of a byte becomes in one channel. */
function tableOf({ type, scaling }: ImageTarget, channel: number): Elements {
  const { scale, mean, std } = scaling[channel]!
  const values = Array.from({ length: 256 }, (_, pixel) => (pixel * scale - mean) / std)
  if (type === 'float32') return Float32Array.from(values)
  return type === 'float16' ? Uint16Array.from(values, toFloat16) : Uint8Array.from(values)
}
