import {
  ModelError,
  type ModelSignature,
  parseLabels,
  parseModelConfig,
  preprocessImage,
  readNpy,
  writeNpy,
} from '@cocoi/models'
import sharp from 'sharp'
import { damageValue } from '../damage-value.ts'
import type { FuzzedParser } from '../fuzzed-parser.ts'
import { hostileTexts } from '../hostile.ts'
import { pick, type Random } from '../random.ts'

const errors = [ModelError]
const text = (payload: Uint8Array) => new TextDecoder().decode(payload)
const bytes = (value: string) => new Uint8Array(Buffer.from(value))

function forgedNpy(random: Random): Uint8Array {
  const descr = pick(random, ["'<f4'", "'|u1'", "'<i8'", "'>f4'", "'|O'", "[('a', '<f4')]"])
  const order = pick(random, ['False', 'False', 'True', 'None'])
  const sizes = ['3', '2, 3', '3,', '', '-1,', '1e3,', '4294967296, 4294967296', '1 2', '3L, ']
  const shape = pick(random, [...sizes, '1,'.repeat(400), ...hostileTexts])
  const header = `{'descr': ${descr}, 'fortran_order': ${order}, 'shape': (${shape}), }\n`
  const version = pick(random, [1, 1, 2, 3, 4])
  const length = version === 1 ? [header.length & 255, header.length >> 8] : lengthOf(header)
  const opening = [0x93, ...Buffer.from('NUMPY'), version, 0, ...length]
  return Uint8Array.from([...opening, ...Buffer.from(header, 'latin1'), ...Array(24).fill(1)])
}

function lengthOf({ length }: string): number[] {
  return [length & 255, (length >> 8) & 255, 0, 0]
}

const npy: FuzzedParser = {
  name: 'npy',
  errors,
  seeds: [
    writeNpy({ type: 'float32', dims: [2, 3], data: new Uint8Array(24) }),
    writeNpy({ type: 'int64', dims: [3], data: new Uint8Array(24) }),
    writeNpy({ type: 'bool', dims: [], data: new Uint8Array(1) }),
  ],
  forge: forgedNpy,
  parse: payload => {
    const { type, dims, data } = readNpy(payload)
    if (dims.some(size => !Number.isSafeInteger(size) || size < 0)) throw new RangeError(`${dims}`)
    return { type, dims, data }
  },
}

const labels: FuzzedParser = {
  name: 'labels',
  errors,
  seeds: ['cat\ndog\nhouse, home\n', '\ufeffa\r\nb\r\n\r\n'].map(bytes),
  parse: payload => parseLabels(text(payload), 'labels.txt'),
}

const config = {
  name: 'm',
  dimensions: { n: 1 },
  input: {
    ...{ name: 'x', format: 'NCHW', channels: 'BGR', mean: [0.5], std: [1, 2, 3] },
    ...{ scale: 2, resize: 'crop', size: [224, 224] },
  },
  output: { softmax: true, top: 5 },
  scheme: 'mds:6,4',
  transport: 'float16',
}

const configParser: FuzzedParser = {
  name: 'model-config',
  errors,
  seeds: [bytes(JSON.stringify(config)), bytes('{}')],
  forge: random => bytes(JSON.stringify(damageValue(config, random)) ?? 'null'),
  parse: payload => parseModelConfig(json(text(payload)), 'config.json'),
}

/** Reading the file is what refuses text that is not JSON. */
function json(value: string): unknown {
  try {
    return JSON.parse(value)
  } catch {
    throw new ModelError('ERR_BAD_CONFIG', 'not JSON')
  }
}

const pixels = { raw: { width: 8, height: 6, channels: 3 as const } }
const picture = () =>
  sharp(
    Uint8Array.from({ length: 144 }, (_, i) => (i * 53) % 256),
    pixels,
  )
const pictures = await Promise.all([
  picture().jpeg().withMetadata({ orientation: 6 }).toBuffer(),
  picture().jpeg({ progressive: true }).toBuffer(),
  picture().png().toBuffer(),
  picture().png({ palette: true }).toBuffer(),
  picture().ensureAlpha().webp().toBuffer(),
  picture().webp({ lossless: true }).toBuffer(),
])
const signature: ModelSignature = {
  inputs: [{ name: 'image', type: 'float32', dims: [1, 3, 8, 8] }],
  outputs: [{ name: 'logits', type: 'float32', dims: [1, 10] }],
}

const images: FuzzedParser = {
  name: 'image',
  errors,
  seeds: pictures.map(buffer => new Uint8Array(buffer)),
  // Decoding is done by native threads and takes a millisecond.
  share: 0.1,
  parse: payload => preprocessImage(payload, signature, {}, { maxPixels: 100_000 }),
}

export const modelFileParsers: readonly FuzzedParser[] = [npy, labels, configParser, images]
