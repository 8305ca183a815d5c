import type { Code } from '@cocoi/coding'
import type { EngineTensor } from '@cocoi/engine'
import type { Step } from '@cocoi/partition'
import type { LiveTensors } from './live-tensors.ts'

/**
 * The coded inputs of one stage: views into the tensors that the head graph left, so that a row
 * can be sent again without keeping copies.
 */
export class EncodedRows {
  readonly #step: Step
  readonly #code: Code
  readonly #denseIndex = new Map<number, number>()
  readonly #live: LiveTensors

  constructor(step: Step, code: Code, live: LiveTensors) {
    this.#step = step
    this.#code = code
    this.#live = live
    for (let row = 0; row < code.n; row++) {
      if (code.unitPiece(row) === undefined) this.#denseIndex.set(row, this.#denseIndex.size)
    }
  }

  /** The tensors of row `row`, one per stage input; views, to be copied before they are sent. */
  tensors(row: number): EngineTensor[] {
    const piece = this.#code.unitPiece(row)
    return this.#step.inputs.map(input => {
      if (piece !== undefined) return block(this.#live.get(input.pieces), input.shape, piece)
      return block(this.#live.get(input.parity!), input.shape, this.#denseIndex.get(row)!)
    })
  }

  /** Names of the tensors that may be dropped once the stage is over. */
  names(): string[] {
    const names = this.#step.inputs.flatMap(input => [input.pieces, input.parity])
    return [...names, this.#step.peak].filter(name => name !== undefined)
  }
}

/** Block `index` of `tensor`, where a block has shape `shape`. */
function block(tensor: EngineTensor, shape: readonly number[], index: number): EngineTensor {
  const elements = tensor.dims.reduce((product, size) => product * size, 1)
  const count = shape.reduce((product, size) => product * size, 1)
  const bytes = (tensor.data.byteLength / elements) * count
  const data = tensor.data.subarray(index * bytes, (index + 1) * bytes)
  return { type: tensor.type, dims: [...shape], data }
}
