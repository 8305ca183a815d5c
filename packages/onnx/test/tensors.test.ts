import {
  ElementType,
  type ElementTypeName,
  elementBytes,
  externalLocation,
  floatTensor,
  int64Tensor,
  makeNode,
  makeTensor,
  makeValueInfo,
  OnnxError,
  setExternal,
  type TensorProto,
  tensorBytes,
} from '@cocoi/onnx'
import { expect } from 'chai'

const codeOf = (action: () => unknown) => {
  try {
    action()
  } catch (error) {
    return error instanceof OnnxError ? error.code : String(error)
  }
  return 'none'
}

function typed(type: ElementTypeName, dims: number[], fields: Partial<TensorProto>): TensorProto {
  const bytes = Math.ceil(dims.reduce((a, b) => a * b, 1) * elementBytes(type))
  const whole = makeTensor('t', type, dims, new Uint8Array(bytes))
  return { ...whole, rawData: new Uint8Array(), ...fields }
}

describe('tensorBytes', () => {
  it('reads every typed field as the raw bytes it stands for', () => {
    const cases: [tensor: TensorProto, values: ArrayBufferView][] = [
      [typed('float32', [2], { floatData: [1.5, -2] }), Float32Array.of(1.5, -2)],
      [typed('complex64', [1], { floatData: [1, 2] }), Float32Array.of(1, 2)],
      [typed('float64', [2], { doubleData: [1.5, -2] }), Float64Array.of(1.5, -2)],
      [typed('int64', [2], { int64Data: [-1n, 2n] }), BigInt64Array.of(-1n, 2n)],
      [typed('uint64', [1], { uint64Data: [2n ** 64n - 1n] }), BigUint64Array.of(2n ** 64n - 1n)],
      [typed('uint32', [1], { uint64Data: [2n ** 32n - 1n] }), Uint32Array.of(2 ** 32 - 1)],
      [typed('int32', [2], { int32Data: [-1, 7] }), Int32Array.of(-1, 7)],
      [typed('int16', [2], { int32Data: [-1, 7] }), Int16Array.of(-1, 7)],
      [typed('uint16', [1], { int32Data: [65535] }), Uint16Array.of(65535)],
      [typed('float16', [1], { int32Data: [0x3c00] }), Uint16Array.of(0x3c00)],
      [typed('int8', [2], { int32Data: [-1, 7] }), Int8Array.of(-1, 7)],
      [typed('uint8', [1], { int32Data: [200] }), Uint8Array.of(200)],
      [typed('bool', [3], { int32Data: [1, 0, 1] }), Uint8Array.of(1, 0, 1)],
      [typed('uint4', [3], { int32Data: [0x21, 0x3] }), Uint8Array.of(0x21, 3)],
    ]
    for (const [tensor, values] of cases) {
      const want = new Uint8Array(values.buffer, values.byteOffset, values.byteLength)
      expect([...tensorBytes(tensor)], `type ${tensor.dataType}`).to.deep.equal([...want])
    }
  })

  it('refuses data that does not fill the shape, is elsewhere, or has no width', () => {
    expect(codeOf(() => tensorBytes(typed('float32', [3], { floatData: [1] })))).to.equal(
      'ERR_ONNX_TENSOR_SIZE',
    )
    const scalar = floatTensor('w', [], Float32Array.of(1))
    for (const dims of [[-1n], [-1n, -1n], [2n ** 40n, 2n ** 40n]]) {
      expect(codeOf(() => tensorBytes({ ...scalar, dims }))).to.equal('ERR_ONNX_SHAPE')
    }
    const away = setExternal(floatTensor('w', [1], Float32Array.of(1)), {
      location: 'w.bin',
      offset: 0,
      length: 4,
    })
    expect(codeOf(() => tensorBytes(away))).to.equal('ERR_ONNX_EXTERNAL_DATA')
    for (const dataType of [0, ElementType.string, 99]) {
      const tensor = { ...floatTensor('w', [1], Float32Array.of(1)), dataType }
      expect(
        codeOf(() => tensorBytes(tensor)),
        `${dataType}`,
      ).to.equal('ERR_ONNX_ELEMENT_TYPE')
    }
  })

  it('takes an empty tensor', () => {
    expect(tensorBytes(floatTensor('w', [0, 5], new Float32Array()))).to.have.length(0)
  })
})

describe('external data', () => {
  const inline = floatTensor('w', [2, 3], new Float32Array(6))
  const entry = (key: string, value: string) => ({ key, value }) as TensorProto['externalData'][0]
  const at = (...externalData: TensorProto['externalData']) => ({
    ...inline,
    dataLocation: 1,
    externalData,
  })

  it('keeps name, type and shape and is found again', () => {
    const place = { location: 'weights/a.bin', offset: 4096, length: 24 }
    const moved = setExternal(inline, place)
    expect(externalLocation(moved)).to.deep.equal(place)
    expect(moved).to.deep.include({ name: 'w', dataType: 1, dims: [2n, 3n] })
    expect(moved.rawData).to.have.length(0)
    expect(externalLocation(inline)).to.equal(undefined)
  })

  it('begins at 0 and fills the shape unless it says otherwise', () => {
    expect(externalLocation(at(entry('location', 'f')))).to.deep.equal({
      location: 'f',
      offset: 0,
      length: 24,
    })
  })

  it('never leaves the folder of the model', () => {
    const paths = [
      '',
      '/etc/passwd',
      '../secret',
      'a/../../b',
      'C:\\x',
      'c:/x',
      '..\\x',
      '\\x',
      'a\0b',
    ]
    for (const path of paths) {
      const code = codeOf(() => externalLocation(at(entry('location', path))))
      expect(code, path).to.equal('ERR_ONNX_EXTERNAL_DATA')
    }
  })

  it('refuses numbers that are none', () => {
    for (const text of ['-1', '1e3', '0x10', ' 5', '', '1.5', '99999999999999999999']) {
      for (const key of ['offset', 'length']) {
        const code = codeOf(() => externalLocation(at(entry('location', 'f'), entry(key, text))))
        expect(code, `${key} "${text}"`).to.equal('ERR_ONNX_EXTERNAL_DATA')
      }
    }
  })
})

describe('builders', () => {
  it('refuse what ONNX cannot hold', () => {
    const two = new Uint8Array(8)
    expect(codeOf(() => makeTensor('t', 'float32', [3], two))).to.equal('ERR_ONNX_TENSOR_SIZE')
    expect(codeOf(() => makeTensor('t', 'float32', [-2, -1], two))).to.equal('ERR_ONNX_SHAPE')
    expect(codeOf(() => makeTensor('t', 'float32', [0.5, 4], two))).to.equal('ERR_ONNX_SHAPE')
    expect(codeOf(() => makeTensor('t', 'string', [1], two))).to.equal('ERR_ONNX_ELEMENT_TYPE')
    expect(codeOf(() => makeValueInfo('t', 'float32', [1.5]))).to.equal('ERR_ONNX_SHAPE')
    expect(codeOf(() => makeNode('N', [], [], { a: 1.5 }))).to.equal('ERR_ONNX_ATTRIBUTE')
    expect(codeOf(() => makeNode('N', [], [], { a: [1, 0.5] }))).to.equal('ERR_ONNX_ATTRIBUTE')
    expect(codeOf(() => int64Tensor('t', [-1, 0, 2 ** 40]))).to.equal('none')
  })
})
