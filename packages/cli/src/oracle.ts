import { readFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { type Engine, EngineError, type EngineSession, type EngineTensor } from '@cocoi/engine'
import type { PreparedModel } from '@cocoi/models'
import type { NamedTensor } from '@cocoi/protocol'
import { deviation } from './deviation.ts'
import { CliError } from './errors.ts'
import type { RunInput } from './inputs.ts'
import { softmaxRows } from './softmax-rows.ts'

/** How an answer compares with the oracle's over all outputs. */
export interface Verdict {
  readonly maxAbsError: number
  readonly maxRelError: number
  readonly sameTop: boolean
}

type Answers = ReadonlyMap<RunInput, Record<string, EngineTensor>>

/** Plain onnxruntime on the user's uncut model: what every answer is measured against. */
export class Oracle {
  readonly #answers: Answers
  readonly #prepared: PreparedModel

  private constructor(answers: Answers, prepared: PreparedModel) {
    this.#answers = answers
    this.#prepared = prepared
  }

  /**
   * Answers every input before anything else is started: the model is in memory only meanwhile.
   *
   * @throws {CliError} ERR_MODEL_FAILS if plain onnxruntime cannot run the model on an input
   */
  static async consult(
    engine: Engine,
    { modelPath, prepared }: { modelPath: string; prepared: PreparedModel },
    inputs: readonly RunInput[],
  ): Promise<Oracle> {
    const model = new Uint8Array(await readFile(modelPath))
    const session = await engine.load(model, { weightsFolder: dirname(modelPath) })
    const answers = new Map<RunInput, Record<string, EngineTensor>>()
    for (const input of inputs) answers.set(input, await answer(session, input))
    await session.release()
    return new Oracle(answers, prepared)
  }

  /** Compares the outputs of an answer with those of the oracle. */
  judge(input: RunInput, outputs: readonly NamedTensor[]): Verdict {
    const wanted = this.#answers.get(input)!
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
}

async function answer(
  session: EngineSession,
  { name, feeds }: RunInput,
): Promise<Record<string, EngineTensor>> {
  try {
    return (await session.run(feeds)).outputs
  } catch (error) {
    if (!(error instanceof EngineError) || error.code !== 'ERR_ENGINE_RUN') throw error
    const message = `plain onnxruntime cannot run the model on ${name}: ${error.message}`
    throw new CliError('ERR_MODEL_FAILS', message)
  }
}
