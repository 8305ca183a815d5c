import { type ModelConfig, type ModelSignature, preprocessImage } from '@cocoi/models'
import { expect } from 'chai'
import sharp from 'sharp'
import { expectModelError } from './model-error.ts'
import { floats } from './plain-runtime.ts'

const width = 3
const height = 2
/** Bytes of 3 × 2 pixels, red, green, blue: 0 10 20, 30 40 50, … */
const pixels = Uint8Array.from({ length: width * height * 3 }, (_, i) => i * 10)
const raw = { raw: { width, height, channels: 3 as const } }
const png = await sharp(pixels, raw).png().toBuffer()
const identity = { input: { scale: 1 } } satisfies ModelConfig

function signature(dims: number[], type: 'float32' | 'float16' | 'uint8' = 'float32') {
  const inputs = [{ name: 'image', type, dims }]
  const outputs = [{ name: 'boxes', type: 'float32' as const, dims: [1, 100, 4] }]
  return { inputs, outputs } satisfies ModelSignature
}

const colour = signature([1, 3, height, width])
const limits = { maxPixels: 1000 }

async function valuesOf(model: ModelSignature, config: ModelConfig, image: Uint8Array = png) {
  const { data } = await preprocessImage(image, model, config, limits)
  return [...floats(data)]
}

/** The byte of a channel in every pixel, row by row. */
function plane(channel: number): number[] {
  return [...pixels].filter((_, i) => i % 3 === channel)
}

describe('preprocessImage', () => {
  it('writes one plane per channel, red first', async () => {
    const want = [...plane(0), ...plane(1), ...plane(2)]
    expect(await valuesOf(colour, identity)).to.deep.equal(want)
  })

  it('writes blue first, or the channels of a pixel together, where the model wants it', async () => {
    const blueFirst = { input: { ...identity.input, channels: 'BGR' as const } }
    const want = [...plane(2), ...plane(1), ...plane(0)]
    expect(await valuesOf(colour, blueFirst)).to.deep.equal(want)
    const together = signature([1, height, width, 3])
    expect(await valuesOf(together, identity)).to.deep.equal([...pixels])
  })

  it('scales to (pixel · scale − mean) / std', async () => {
    const config = { input: { scale: 2, mean: [10, 20, 30], std: [4, 5, 8] } }
    const got = await valuesOf(colour, config)
    const want = [0, 1, 2].flatMap(c =>
      plane(c).map(pixel => (pixel * 2 - [10, 20, 30][c]!) / [4, 5, 8][c]!),
    )
    expect(got).to.deep.equal([...Float32Array.from(want)])
  })

  it('takes mean and std beyond 1 in units of the pixel, others in 0 … 1', async () => {
    const [inPixels] = await valuesOf(colour, { input: { mean: [127], std: [128] } })
    expect(inPixels).to.equal(-127 / 128)
    const [inUnits] = await valuesOf(colour, { input: { mean: [0.5], std: [0.5] } })
    expect(inUnits).to.equal(-1)
  })

  it('gives a classifier what ImageNet trains with, any other model 0 … 1', async () => {
    const outputs = [{ name: 'logits', type: 'float32' as const, dims: [1, 1000] }]
    const [classified] = await valuesOf({ ...colour, outputs }, {})
    expect(classified).to.be.closeTo(-0.485 / 0.229, 1e-6)
    expect(await valuesOf(colour, {})).to.deep.equal(
      [...plane(0), ...plane(1), ...plane(2)].map(pixel => Math.fround(pixel / 255)),
    )
  })

  it('hands bytes to a model that takes bytes', async () => {
    const model = signature([1, height, width, 3], 'uint8')
    const config = { input: { format: 'NHWC' as const } }
    const { type, data } = await preprocessImage(png, model, config, limits)
    expect(type).to.equal('uint8')
    expect([...data]).to.deep.equal([...pixels])
  })

  it('writes float16', async () => {
    const model = signature([1, 3, height, width], 'float16')
    const { data } = await preprocessImage(png, model, identity, limits)
    const bits = new Uint16Array(data.slice().buffer)
    expect([...bits.slice(0, 4)]).to.deep.equal([0, 0x4f80, 0x5380, 0x55a0])
  })

  it('writes one channel of grey', async () => {
    const grey = await sharp(pixels, raw).flatten().modulate({ saturation: 0 }).jpeg().toBuffer()
    const model = signature([1, 1, height, width])
    expect(await valuesOf(model, identity, grey)).to.have.length(width * height)
  })

  it('turns the image upright', async () => {
    const sideways = await sharp(pixels, raw).png().withMetadata({ orientation: 6 }).toBuffer()
    const values = await valuesOf(signature([1, 3, 3, 2]), identity, sideways)
    expect(values.slice(0, 6)).to.deep.equal([90, 0, 120, 30, 150, 60])
  })

  it('reads grey, transparent and WebP images as colour', async () => {
    const images = [
      await sharp(pixels, raw).greyscale().jpeg().toBuffer(),
      await sharp(pixels, raw).ensureAlpha(0.5).png().toBuffer(),
      await sharp(pixels, raw).webp().toBuffer(),
    ]
    for (const image of images) {
      expect(await valuesOf(colour, identity, image)).to.have.length(pixels.length)
    }
  })

  it('letterboxes in grey, crops the middle, or stretches', async () => {
    const wide = await sharp({ create: { width: 8, height: 2, channels: 3, background: 'red' } })
      .png()
      .toBuffer()
    const square = signature([1, 3, 8, 8])
    const red = async (resize: 'letterbox' | 'crop' | 'stretch') => {
      const values = await valuesOf(square, { input: { scale: 1, resize } }, wide)
      return values.slice(0, 64).filter(value => value === 255).length
    }
    expect([await red('letterbox'), await red('crop'), await red('stretch')]).to.deep.equal([
      16, 64, 64,
    ])
  })

  const preprocess = (
    image: Uint8Array,
    model: ModelSignature = colour,
    config: ModelConfig = {},
  ) => preprocessImage(image, model, config, limits)

  it('refuses what is no image, and says what it seems to be', async () => {
    await expectModelError('ERR_BAD_IMAGE', ['empty'], () => preprocess(new Uint8Array()))
    await expectModelError('ERR_BAD_IMAGE', ['GIF'], () => preprocess(Buffer.from('GIF89a…')))
    await expectModelError('ERR_BAD_IMAGE', ['XML or SVG'], () => preprocess(Buffer.from('<svg/>')))
    await expectModelError('ERR_BAD_IMAGE', ['JSON'], () => preprocess(Buffer.from('{"a":1}')))
  })

  it('refuses damaged images', async () => {
    const noise = { width: 30, height: 30, channels: 3 as const }
    const jpeg = await sharp({ create: { ...noise, background: 'blue' } })
      .jpeg()
      .toBuffer()
    for (const length of [20, jpeg.length / 2, jpeg.length - 2]) {
      await expectModelError('ERR_BAD_IMAGE', ['does not decode'], () =>
        preprocess(jpeg.subarray(0, length)),
      )
    }
  })

  it('refuses images with too many pixels before decoding them', async () => {
    const big = await sharp({ create: { width: 50, height: 40, channels: 3, background: 'red' } })
      .png()
      .toBuffer()
    await expectModelError('ERR_IMAGE_TOO_LARGE', ['50 × 40 = 2000', '1000'], () => preprocess(big))
  })

  it('refuses images for models that take none', async () => {
    const refuse = (dims: number[], words: string[]) =>
      expectModelError('ERR_NOT_AN_IMAGE_MODEL', words, () => preprocess(png, signature(dims)))
    await refuse([1, 10], ['[1, 10]', 'four dimensions'])
    await refuse([1, 5, 8, 8], ['[1, 5, 8, 8]', '1 or 3 channels'])
    await refuse([4, 3, 8, 8], ['[4, 3, 8, 8]', 'batch of 1'])
    const two = { ...colour, inputs: [...colour.inputs, ...colour.inputs] }
    await expectModelError('ERR_NOT_AN_IMAGE_MODEL', ['2 inputs'], () => preprocess(png, two))
  })

  it('refuses a configuration that does not fit the input', async () => {
    const refuse = (config: ModelConfig, words: string[], model: ModelSignature = colour) =>
      expectModelError('ERR_BAD_CONFIG', words, () => preprocess(png, model, config))
    await refuse({ input: { mean: [1, 2] } }, ['2 numbers', 'input.mean', '3 channels'])
    await refuse({ input: { name: 'picture' } }, ['"picture"', '"image"'])
    await refuse({ input: { std: [2] } }, ['bytes'], signature([1, 3, 2, 3], 'uint8'))
  })
})
