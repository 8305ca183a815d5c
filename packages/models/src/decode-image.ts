import sharp from 'sharp'
import { ModelError } from './errors.ts'
import type { ImageTarget } from './image-target.ts'

/** Opening bytes of the formats that are read, and of some that are often sent by mistake. */
const signatures: readonly [format: string, opening: RegExp][] = [
  ['jpeg', /^\xff\xd8\xff/],
  ['png', /^\x89PNG/],
  ['webp', /^RIFF[\s\S]{4}WEBP/],
  ['GIF', /^GIF8/],
  ['BMP', /^BM/],
  ['TIFF', /^(II\*\0|MM\0\*)/],
  ['HEIF or AVIF', /^[\s\S]{4}ftyp/],
  ['NumPy', /^\x93NUMPY/],
  ['JSON', /^\s*[{[]/],
  ['XML or SVG', /^\s*</],
]
const readable = new Set(['jpeg', 'png', 'webp'])

/** Grey of the bars beside a letterboxed image (YOLO's convention). */
const letterboxGrey = { r: 114, g: 114, b: 114 }

const fits = { stretch: 'fill', crop: 'cover', letterbox: 'contain' } as const

/**
 * The pixels of an image, upright and in the target's size: one byte per channel, interleaved, red
 * first. libvips works in threads of its own; the event loop stays free.
 *
 * @throws {ModelError} ERR_BAD_IMAGE, ERR_IMAGE_TOO_LARGE
 */
export async function decodeImage(
  image: Uint8Array,
  target: ImageTarget,
  maxPixels: number,
): Promise<Uint8Array> {
  requireReadable(image)
  const { width, height } = await decoding(sharp(image, { limitInputPixels: false }).metadata())
  if (width * height > maxPixels) {
    const message = `the image has ${width} × ${height} = ${width * height} pixels, allowed are ${maxPixels}; send a smaller one`
    throw new ModelError('ERR_IMAGE_TOO_LARGE', message)
  }
  const pipeline = sharp(image, { limitInputPixels: maxPixels, failOn: 'error' })
    .autoOrient()
    .resize(target.width, target.height, {
      fit: fits[target.resize],
      kernel: 'linear',
      background: letterboxGrey,
    })
    .removeAlpha()
    .toColourspace(target.channels === 1 ? 'b-w' : 'srgb')
    .raw({ depth: 'uchar' })
  const { data, info } = await decoding(pipeline.toBuffer({ resolveWithObject: true }))
  if (info.channels === target.channels) return data
  const message = `the image decodes to ${info.channels} channels, the model takes ${target.channels}`
  throw new ModelError('ERR_BAD_IMAGE', message)
}

function requireReadable(image: Uint8Array): void {
  const opening = Buffer.from(image.subarray(0, 64)).toString('latin1')
  const format = signatures.find(([, pattern]) => pattern.test(opening))?.[0]
  if (format !== undefined && readable.has(format)) return
  if (image.length === 0) throw badImage('the image is empty (0 bytes)')
  const shown = opening.slice(0, 16).replace(/[^ -~]/g, '·')
  const what = format ? `are ${format} data` : `begin with "${shown}"`
  throw badImage(`the ${image.length} bytes ${what}, not a JPEG, PNG or WebP image`)
}

async function decoding<T>(outcome: Promise<T>): Promise<T> {
  try {
    return await outcome
  } catch (cause) {
    const reason = (cause instanceof Error ? cause.message : String(cause)).split('\n', 1)[0]!
    throw badImage(`the image is damaged and does not decode (${reason})`, cause)
  }
}

function badImage(message: string, cause?: unknown): ModelError {
  return new ModelError('ERR_BAD_IMAGE', message, { cause })
}
