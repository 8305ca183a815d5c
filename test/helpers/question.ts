import type { InferenceAnswer, InferenceParameters, NamedTensor } from '@cocoi/protocol'
import { expect } from 'chai'
import { asTensor, type Floats, output, relativeError, tolerance } from './plain-onnxruntime.ts'
import { seededInput } from './small-network.ts'
import type { VirtualCluster } from './virtual-cluster.ts'

/** A picture for the model `small` of a cluster, and what plain onnxruntime makes of it. */
export class Question {
  readonly tensors: readonly NamedTensor[]
  readonly #cluster: VirtualCluster
  readonly #wanted: Floats

  private constructor(cluster: VirtualCluster, input: Floats, wanted: Floats) {
    this.tensors = [asTensor(input)]
    this.#cluster = cluster
    this.#wanted = wanted
  }

  /** @param size height and width of the picture, those of the network */
  static async of(
    cluster: VirtualCluster,
    size: readonly [number, number] = [30, 26],
  ): Promise<Question> {
    const input = seededInput('image', [1, 3, ...size], 7)
    const plain = await cluster.plain('small')
    const wanted = (await plain.run(input)).get('logits')!
    await plain.release()
    return new Question(cluster, input, wanted)
  }

  /** Asks the cluster; fails if the answer is not that of plain onnxruntime. */
  async ask(parameters: InferenceParameters): Promise<InferenceAnswer> {
    const { tensors } = this
    const answer = await this.#cluster.client.infer('small', { tensors }, parameters)
    const bound = tolerance[parameters.transport ?? 'float16']
    expect(relativeError(output(answer, 'logits'), this.#wanted)).to.be.below(bound)
    return answer
  }
}
