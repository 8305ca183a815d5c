import { readFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { Engine, EngineSession, EngineTensor } from '@cocoi/engine'
import type { PreparedModel } from '@cocoi/models'
import type { NamedTensor } from '@cocoi/protocol'
import { deviation } from './deviation.ts'
import type { RunInput } from './inputs.ts'
import { softmaxRows } from './softmax-rows.ts'

/** How an answer compares with the oracle's over all outputs. */
export interface Verdict {
  readonly maxAbsError: number
  readonly maxRelError: number
  readonly sameTop: boolean
}

/** Plain onnxruntime on the user's uncut model: what every answer is measured against. */
export class Oracle {
  readonly #session: EngineSession
  readonly #prepared: PreparedModel
  readonly #answers = new Map<RunInput, Record<string, EngineTensor>>()

  private constructor(session: EngineSession, prepared: PreparedModel) {
    this.#session = session
    this.#prepared = prepared
  }

  static async load(engine: Engine, modelPath: string, prepared: PreparedModel): Promise<Oracle> {
    const model = new Uint8Array(await readFile(modelPath))
    const session = await engine.load(model, { weightsFolder: dirname(modelPath) })
    return new Oracle(session, prepared)
  }

  async judge(input: RunInput, outputs: readonly NamedTensor[]): Promise<Verdict> {
    const wanted = await this.#answer(input)
    const got = new Map(outputs.map(output => [output.name, output as EngineTensor]))
    const deviations = this.#prepared.outputs.map(({ name }) => {
      const rows = softmaxRows(this.#prepared.graph, name)
      return deviation(got.get(name), wanted[name]!, rows)
    })
    return {
      maxAbsError: Math.max(0, ...deviations.map(({ maxAbs }) => maxAbs)),
      maxRelError: Math.max(0, ...deviations.map(({ maxRel }) => maxRel)),
      sameTop: deviations.every(({ sameTop }) => sameTop),
    }
  }

  release(): Promise<void> {
    return this.#session.release()
  }

  async #answer(input: RunInput): Promise<Record<string, EngineTensor>> {
    const known = this.#answers.get(input)
    if (known) return known
    const { outputs } = await this.#session.run(input.feeds)
    this.#answers.set(input, outputs)
    return outputs
  }
}
