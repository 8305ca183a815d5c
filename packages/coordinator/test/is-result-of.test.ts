import { isResultOf } from '@cocoi/coordinator'
import type { EngineTensor } from '@cocoi/engine'
import { expect } from 'chai'

const tensor = (type: EngineTensor['type'], dims: number[]): EngineTensor => {
  return { type, dims, data: new Uint8Array(0) }
}

describe('results of a stage', () => {
  const outputs = [
    { name: 'a', pieces: 'a#pieces', shape: [1, 8, 2, 14] },
    { name: 'b', pieces: 'b#pieces', shape: [1, 4, 2, 14] },
  ]
  const right = [tensor('float16', [1, 8, 2, 14]), tensor('float16', [1, 4, 2, 14])]
  const isRight = (tensors: EngineTensor[]) => isResultOf({ outputs }, 'float16', tensors)

  it('are as many as there are convolutions, in the type of the wire and of the right shapes', () => {
    expect(isRight(right)).to.equal(true)
    expect(isRight(right.slice(1)), 'one too few').to.equal(false)
    expect(isRight([...right, right[0]!]), 'one too many').to.equal(false)
    expect(isRight(right.toReversed()), 'of the other convolution').to.equal(false)
    expect(isRight([tensor('float32', [1, 8, 2, 14]), right[1]!]), 'not of the wire').to.equal(
      false,
    )
  })

  it('may be anything where only the device knows what the model gives', () => {
    const outputs = [{ name: 'y', pieces: 'y', shape: undefined }]
    expect(isResultOf({ outputs }, 'float16', [tensor('int64', [3])])).to.equal(true)
  })
})
