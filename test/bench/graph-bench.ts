import { createEngine } from '@cocoi/engine'
import { CodedModel, loadUncut } from './coded-model.ts'
import type { Bench } from './measure.ts'
import { vggLayers } from './vgg-layers.ts'

/** The graphs of coordinator and devices, in terms of the layer that they are there for. */
export async function graphBench(): Promise<Bench> {
  const engine = createEngine({ threads: 1 })
  const layer = await loadUncut(engine, vggLayers(1, 2))
  // The head graph between two layers is that of the second one.
  const two = vggLayers(0, 2)
  const coded = await CodedModel.load(engine, two, 'mds:10,7')
  const plain = await CodedModel.load(engine, two, 'mds:7,7')
  return {
    rounds: 15,
    ratios: {
      'head graph':
        'decode, bias, ReLU, pad, cut, encode (10,7) between conv1_1 and conv1_2 of VGG16, over conv1_2',
      encoding: 'that head graph over the one that encodes nothing',
      'cut layer': 'seven subtasks of one piece each in float16, over the layer',
      decoding: 'solving for three missing pieces of seven, over the layer',
    },
    round: async () => {
      const referenceMs = await layer()
      const [, intact] = await coded.run()
      const [, uncoded] = await plain.run()
      const [, damaged] = await coded.run(3)
      return {
        'head graph': { subjectMs: intact!.headMs, referenceMs },
        encoding: { subjectMs: intact!.headMs, referenceMs: uncoded!.headMs },
        'cut layer': { subjectMs: 7 * intact!.subtaskMs, referenceMs },
        decoding: { subjectMs: damaged!.decodeMs, referenceMs },
      }
    },
    close: () => engine.close(),
  }
}
