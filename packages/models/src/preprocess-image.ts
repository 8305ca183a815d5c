import type { EngineTensor } from '@cocoi/engine'
import { decodeImage } from './decode-image.ts'
import { imageTarget, type ModelSignature } from './image-target.ts'
import { layOutPixels } from './lay-out-pixels.ts'
import type { ModelConfig } from './model-config.ts'

/**
 * Makes the input of a model from a JPEG, PNG or WebP image: upright (EXIF), in the size, channels,
 * layout and units that the model takes. `imageTarget` says what is assumed where the configuration
 * is silent.
 *
 * @param maxPixels largest width × height that is decoded
 * @throws {ModelError} ERR_BAD_IMAGE, ERR_IMAGE_TOO_LARGE, ERR_NOT_AN_IMAGE_MODEL, ERR_BAD_CONFIG
 */
export async function preprocessImage(
  image: Uint8Array,
  model: ModelSignature,
  config: ModelConfig,
  { maxPixels }: { readonly maxPixels: number },
): Promise<EngineTensor> {
  const target = imageTarget(model, config)
  const pixels = await decodeImage(image, target, maxPixels)
  return { type: target.type, dims: target.dims, data: await layOutPixels(pixels, target) }
}
