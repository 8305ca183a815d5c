import type { EngineTensor } from '@cocoi/engine'
import { checkInputs, readNpy, topClasses, writeNpy } from '@cocoi/models'
import { expect } from 'chai'
import { expectModelError } from './model-error.ts'
import { wave } from './plain-runtime.ts'

const inputs = [{ name: 'x', type: 'float32' as const, dims: [1, 3, 4, 4] }]
const tensor = { name: 'x', ...wave([1, 3, 4, 4]) }

describe('checkInputs', () => {
  const refuse = (tensors: Parameters<typeof checkInputs>[0], ...words: string[]) =>
    expectModelError('ERR_WRONG_INPUT', words, () => checkInputs(tensors, { inputs }))

  it('gives the tensors by name, an unnamed one to the only input', () => {
    const { name: _, ...unnamed } = tensor
    expect(checkInputs([tensor], { inputs })).to.deep.equal({ x: unnamed })
    expect(checkInputs([unnamed], { inputs })).to.deep.equal({ x: unnamed })
  })

  it('refuses another shape, naming both', async () => {
    await refuse([{ name: 'x', ...wave([1, 3, 4, 5]) }], '[1, 3, 4, 5]', '[1, 3, 4, 4]')
    await refuse([{ name: 'x', ...wave([3, 4, 4]) }], 'batch dimension is missing')
  })

  it('refuses another type, naming both', async () => {
    await refuse([{ ...tensor, type: 'float64' }], 'float64', 'float32', 'astype')
    await refuse([{ ...tensor, type: 'bfloat16' }], 'bfloat16')
  })

  it('refuses names that are unknown, missing or given twice', async () => {
    await refuse([{ ...tensor, name: 'y' }], 'no input "y"', '"x" float32 [1, 3, 4, 4]')
    await refuse([], '"x" is missing')
    await refuse([tensor, tensor], 'twice')
  })

  it('refuses bytes that do not fill the shape', async () => {
    await refuse([{ ...tensor, data: tensor.data.subarray(1) }], '192', '191')
  })
})

describe('topClasses', () => {
  const scores = (values: number[], dims = [1, values.length]): EngineTensor => {
    return { type: 'float32', dims, data: new Uint8Array(Float32Array.from(values).buffer) }
  }

  it('gives the best classes with their labels, as probabilities', () => {
    const labels = ['cat', 'dog', 'fox']
    const [first, second, ...rest] = topClasses(scores([1, 3, 2]), { labels, top: 2 })
    expect(first).to.deep.include({ index: 1, label: 'dog' })
    expect(second).to.deep.include({ index: 2, label: 'fox' })
    expect(rest).to.deep.equal([])
    expect(first!.score).to.be.closeTo(0.6652, 1e-4)
  })

  it('leaves probabilities, and raw scores on request, as they are', () => {
    const [likely] = topClasses(scores([0.25, 0.75], [1, 2, 1, 1]))
    expect(likely).to.deep.equal({ index: 1, score: 0.75 })
    const [raw] = topClasses(scores([5, 3]), { softmax: false })
    expect(raw).to.deep.equal({ index: 0, score: 5 })
  })

  it('reads float16', () => {
    const data = new Uint8Array(Uint16Array.of(0x3800, 0x0001, 0xb800, 0x3800).buffer)
    const all = topClasses({ type: 'float16', dims: [4], data }, { softmax: false })
    expect(all.map(({ score }) => score)).to.deep.equal([0.5, 0.5, 2 ** -24, -0.5])
    expect(all.map(({ index }) => index)).to.deep.equal([0, 3, 1, 2])
  })

  it('refuses what is not one finite score per class', async () => {
    const refuse = (output: EngineTensor, ...words: string[]) =>
      expectModelError('ERR_NOT_CLASSIFICATION', words, () => topClasses(output))
    await refuse(scores([1, 2, 3, 4], [1, 2, 2]), '[1, 2, 2]')
    await refuse(scores([1, Number.NaN]), 'class 1', 'NaN')
    await refuse({ type: 'int64', dims: [1], data: new Uint8Array(8) }, 'int64')
  })
})

describe('.npy files', () => {
  /** As NumPy 1.26 writes numpy.arange(6, dtype='<f4').reshape(2, 3). */
  function fileOf(descr: string, shape: string, { fortran = 'False', bytes = 24 } = {}) {
    const dictionary = `{'descr': ${descr}, 'fortran_order': ${fortran}, 'shape': ${shape}, }`
    const header = `${dictionary.padEnd(117)}\n`
    const opening = Buffer.from('\x93NUMPY\x01\x00\x76\x00', 'latin1')
    const data = new Uint8Array(Float32Array.of(0, 1, 2, 3, 4, 5).buffer)
    return Buffer.concat([opening, Buffer.from(header), data, Buffer.alloc(100)]).subarray(
      ...[0, 128 + bytes],
    )
  }
  const refuse = (bytes: Uint8Array, ...words: string[]) =>
    expectModelError('ERR_BAD_NPY', words, () => readNpy(bytes))

  it('are read as NumPy writes them', () => {
    const { type, dims, data } = readNpy(fileOf("'<f4'", '(2, 3)'))
    expect({ type, dims }).to.deep.equal({ type: 'float32', dims: [2, 3] })
    expect([...new Float32Array(data.slice().buffer)]).to.deep.equal([0, 1, 2, 3, 4, 5])
    expect(readNpy(fileOf("'|u1'", '(24,)')).dims).to.deep.equal([24])
    expect(readNpy(fileOf("'<f8'", '()', { bytes: 8 })).dims).to.deep.equal([])
  })

  it('are written as NumPy does, to the byte', () => {
    const file = fileOf("'<f4'", '(2, 3)')
    expect(Buffer.compare(writeNpy(readNpy(file)), file)).to.equal(0)
  })

  it('come back as they were in every type', () => {
    const types = [
      'float16',
      'float64',
      'bool',
      'int8',
      'int16',
      'int32',
      'int64',
      'uint64',
    ] as const
    for (const type of types) {
      const size =
        { float16: 2, float64: 8, bool: 1, int8: 1, int16: 2, int32: 4 }[type as 'bool'] ?? 8
      const want = { type, dims: [2, 1], data: Uint8Array.from({ length: 2 * size }, (_, i) => i) }
      expect(readNpy(writeNpy(want))).to.deep.equal(want)
    }
  })

  it('are refused with the remedy if big-endian, of objects, or in Fortran order', async () => {
    await refuse(fileOf("'>f4'", '(2, 3)'), 'big-endian', "astype('<f4')")
    await refuse(fileOf("'|O'", '(2, 3)'), 'Python objects')
    await refuse(fileOf("'<U4'", '(2,)'), '<U4')
    await refuse(fileOf("[('a', '<f4')]", '(6,)'), 'named fields')
    await refuse(fileOf("'<f4'", '(2, 3)', { fortran: 'True' }), 'ascontiguousarray')
  })

  it('are refused if the shape is none', async () => {
    await refuse(fileOf("'<f4'", '(2 3,)'), 'not made of whole numbers')
    await refuse(fileOf("'<f4'", '(99999999999999999999,)'), 'not made of whole numbers')
    const ones = { type: 'uint8', dims: Array(65).fill(1), data: Uint8Array.of(1) } as const
    await refuse(writeNpy(ones), '65 dimensions')
    expect(readNpy(fileOf("'<f4'", '(2L, 3L)')).dims).to.deep.equal([2, 3])
  })

  it('are refused if cut short anywhere, or if something follows', async () => {
    const file = fileOf("'<f4'", '(2, 3)')
    for (let length = 0; length < file.length; length++) await refuse(file.subarray(0, length))
    await refuse(fileOf("'<f4'", '(2, 3)', { bytes: 28 }), 'more than one array')
  })
})
