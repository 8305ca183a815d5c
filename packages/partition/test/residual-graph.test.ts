import { residualGraph, residualTensors } from '@cocoi/partition'
import { expect } from 'chai'
import { floatTensorOf, runModel, type Tensors } from './run-program.ts'

const elements = 67

/** Holds a result against the mean of two equal ones. */
async function residualOf(surplus: Float32Array, survivor: Float32Array): Promise<number> {
  const twice = Float32Array.of(...survivor, ...survivor)
  const feeds: Tensors = {
    [residualTensors.results]: floatTensorOf([2, elements], twice),
    [residualTensors.weights]: floatTensorOf([1, 2], Float32Array.of(0.5, 0.5)),
    [residualTensors.surplus]: floatTensorOf([1, elements], surplus),
  }
  const outputs = await runModel(residualGraph('float32'), feeds)
  return Number(outputs[residualTensors.residual]!.data[0])
}

const ramp = () => Float32Array.from({ length: elements }, (_, i) => i - 30)

describe('residual graph', () => {
  it('is zero where the results agree', async () => {
    expect(await residualOf(ramp(), ramp())).to.equal(0)
  })

  it('is the largest difference', async () => {
    expect(await residualOf(ramp().with(11, -99), ramp())).to.equal(80)
  })

  for (const wrong of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
    it(`is infinite where a result holds ${wrong}, wherever it stands`, async () => {
      for (let at = 0; at < elements; at++) {
        expect(await residualOf(ramp().with(at, wrong), ramp()), `surplus, ${at}`).to.equal(
          Number.POSITIVE_INFINITY,
        )
        expect(await residualOf(ramp(), ramp().with(at, wrong)), `survivor, ${at}`).to.equal(
          Number.POSITIVE_INFINITY,
        )
      }
    })
  }
})
