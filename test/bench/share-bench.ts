import { createEngine } from '@cocoi/engine'
import { CodedModel } from './coded-model.ts'
import { type Spread, spreadOf } from './measure.ts'
import { vggLayers } from './vgg-layers.ts'

/**
 * What the code costs in a stage: share of encoding, and of decoding when `lost` pieces have to be solved
 * for, in head graph, one subtask and decoding together. The network is not in it, so it is an upper bound.
 */
export interface StageShare {
  readonly stage: number
  readonly encode: Spread
  readonly decode: Spread
}

const rounds = 5
const lost = 3

/** Every stage of VGG16 under (10,7), all in one engine of one thread. */
export async function measureShares(): Promise<StageShare[]> {
  const engine = createEngine({ threads: 1 })
  const vgg = vggLayers()
  const coded = await CodedModel.load(engine, vgg, 'mds:10,7')
  const plain = await CodedModel.load(engine, vgg, 'mds:7,7')
  const runs: { encode: number; decode: number }[][] = []
  for (let round = -1; round < rounds; round++) {
    const [damaged, uncoded] = [await coded.run(lost), await plain.run()]
    const shares = damaged.map(({ headMs, subtaskMs, decodeMs }, i) => {
      const total = headMs + subtaskMs + decodeMs
      const encodeMs = Math.max(0, headMs - uncoded[i]!.headMs)
      return { encode: encodeMs / total, decode: decodeMs / total }
    })
    if (round >= 0) runs.push(shares)
  }
  await engine.close()
  return runs[0]!.map((_, stage) => ({
    stage: stage + 1,
    encode: spreadOf(runs.map(run => run[stage]!.encode)),
    decode: spreadOf(runs.map(run => run[stage]!.decode)),
  }))
}
