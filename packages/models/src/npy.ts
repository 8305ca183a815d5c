import type { ElementTypeName, EngineTensor } from '@cocoi/engine'
import { elementBytes } from '@cocoi/onnx'
import { ModelError } from './errors.ts'

/** NumPy's little-endian names of the element types (`numpy.dtype.str`). */
const descriptors: Readonly<Record<ElementTypeName, string>> = {
  float16: '<f2',
  float32: '<f4',
  float64: '<f8',
  bool: '|b1',
  int8: '|i1',
  int16: '<i2',
  int32: '<i4',
  int64: '<i8',
  uint8: '|u1',
  uint16: '<u2',
  uint32: '<u4',
  uint64: '<u8',
}
const types = new Map(
  Object.entries(descriptors).map(([type, descriptor]) => [descriptor, type as ElementTypeName]),
)

const magic = '\x93NUMPY'

/** Most dimensions of an array in NumPy 2. */
const maxRank = 64

/** Longest part of a header that a message repeats. */
const maxQuoted = 80

/** The data begins at a multiple of this (numpy.lib.format). */
const alignment = 64

/**
 * Reads a .npy file of format version 1, 2 or 3 (https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html),
 * little-endian and in C order.
 *
 * @returns a tensor whose data is a view into `bytes`
 * @throws {ModelError} ERR_BAD_NPY with the remedy
 */
export function readNpy(bytes: Uint8Array): EngineTensor {
  const { text, end } = headerOf(bytes)
  const type = typeOf(text)
  const dims = shapeOf(text)
  if (/'fortran_order'\s*:\s*True/.test(text) && dims.length > 1) {
    throw badNpy('the array is in Fortran order; save numpy.ascontiguousarray(array)')
  }
  const need = dims.reduce((product, size) => product * size, elementBytes(type))
  const have = bytes.length - end
  if (have === need) {
    return { type, dims, data: new Uint8Array(bytes.buffer, bytes.byteOffset + end, have) }
  }
  const what = have < need ? 'was cut short' : 'holds more than one array'
  throw badNpy(`${type} [${dims}] needs ${need} bytes, the file has ${have}: it ${what}`)
}

/** A .npy file, version 1.0, that holds the tensor. */
export function writeNpy({ type, dims, data }: EngineTensor): Uint8Array {
  const shape = dims.length === 1 ? `(${dims[0]},)` : `(${dims.join(', ')})`
  const header = `{'descr': '${descriptors[type]}', 'fortran_order': False, 'shape': ${shape}, }`
  const start = magic.length + 4
  const length = Math.ceil((start + header.length + 1) / alignment) * alignment - start
  const file = new Uint8Array(start + length + data.length)
  file.set(Buffer.from(magic, 'latin1'))
  file.set([1, 0, length & 0xff, length >> 8], magic.length)
  file.set(Buffer.from(`${header.padEnd(length - 1)}\n`, 'latin1'), start)
  file.set(data, start + length)
  return file
}

function headerOf(bytes: Uint8Array): { text: string; end: number } {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (buffer.toString('latin1', 0, magic.length) !== magic) {
    const opening = buffer.toString('latin1', 0, 16).replace(/[^ -~]/g, '·')
    throw badNpy(`the ${bytes.length} bytes begin with "${opening}", which is no .npy file`)
  }
  const major = buffer[magic.length] ?? 0
  const start = magic.length + (major === 1 ? 4 : 6)
  if (buffer.length < start) throw badNpy(`the file ends inside its header (${bytes.length} bytes)`)
  if (major < 1 || major > 3) throw badNpy(`version ${major} of the format is not known`)
  const at = magic.length + 2
  const end = start + (major === 1 ? buffer.readUInt16LE(at) : buffer.readUInt32LE(at))
  if (end > buffer.length) {
    throw badNpy(`the header ends at byte ${end}, the file at ${buffer.length}: it was cut short`)
  }
  return { text: buffer.toString('utf8', start, end), end }
}

function typeOf(header: string): ElementTypeName {
  const [, descriptor] = /'descr'\s*:\s*'([^']*)'/.exec(header) ?? []
  if (descriptor === undefined)
    throw badNpy('the array has named fields; save one of plain numbers')
  const type = types.get(descriptor)
  if (type) return type
  const known = `known are ${[...types.keys()].join(', ')}`
  if (/^\|?O/.test(descriptor)) throw badNpy('the array holds Python objects; save plain numbers')
  if (descriptor.startsWith('>')) {
    const element = descriptor.slice(1, maxQuoted)
    const remedy = `save array.astype('<${element}')`
    throw badNpy(`the array is big-endian (>${element}); ${remedy}`)
  }
  throw badNpy(`the element type ${descriptor.slice(0, maxQuoted)} cannot be sent; ${known}`)
}

function shapeOf(header: string): number[] {
  const [, list] = /'shape'\s*:\s*\(([\d\s,L]*)\)/.exec(header) ?? []
  if (list === undefined) throw badNpy('the header states no shape')
  const sizes = list.split(',').filter(text => text.trim() !== '')
  if (sizes.length > maxRank)
    throw badNpy(`${sizes.length} dimensions, at most ${maxRank} are read`)
  // Python 2 wrote an L behind long numbers.
  const dims = sizes.map(text =>
    /^\s*\d+L?\s*$/.test(text) ? Number.parseInt(text, 10) : Number.NaN,
  )
  if (dims.every(Number.isSafeInteger)) return dims
  throw badNpy(`the shape (${list.slice(0, maxQuoted)}) is not made of whole numbers`)
}

function badNpy(message: string): ModelError {
  return new ModelError('ERR_BAD_NPY', message)
}
