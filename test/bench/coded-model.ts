import {
  buildExecutable,
  type Executable,
  runInference,
  type StageRunner,
} from '@cocoi/coordinator'
import type { Engine, EngineTensor } from '@cocoi/engine'
import { serializeModel } from '@cocoi/onnx'
import { parseSchemeRequest, planModel } from '@cocoi/planner'
import { spreadOf } from './measure.ts'
import type { VggPart } from './vgg-layers.ts'

/** Times of one stage inside onnxruntime, in ms; the subtask is the median of its rows. */
export interface StageTimes {
  readonly headMs: number
  readonly subtaskMs: number
  readonly decodeMs: number
}

/** Ten devices that share layers in float16. */
const options = { devices: 10, axis: 'rows', transport: 'float16', minIntensity: 1 } as const

/** A model under one scheme, in one engine that also computes the rows, as devices would. */
export class CodedModel {
  readonly #executable: Executable
  readonly #input: EngineTensor
  readonly #output: string

  private constructor(executable: Executable, { model, input }: VggPart) {
    this.#executable = executable
    this.#input = noise(input)
    this.#output = model.graph!.output[0]!.name
  }

  static async load(engine: Engine, part: VggPart, scheme: string): Promise<CodedModel> {
    const plan = planModel(part.model, { ...options, scheme: parseSchemeRequest(scheme) })
    const built = await buildExecutable(part.model, plan, { engine, weightsFolder: '.' })
    return new CodedModel(built, part)
  }

  /** @param lost rows that do not come back, the first ones, which are pieces as they are */
  async run(lost = 0): Promise<StageTimes[]> {
    const subtasks: number[] = []
    const runStage: StageRunner = async (step, rows) => {
      const session = await step.compute()
      const results = new Map<number, EngineTensor[]>()
      const times: number[] = []
      for (let row = lost; !step.decoder.decode([...results.keys()]); row++) {
        const tensors = rows.tensors(row)
        const feeds = Object.fromEntries(session.inputs.map(({ name }, i) => [name, tensors[i]!]))
        const { outputs, runMs } = await session.run(feeds)
        times.push(runMs)
        results.set(
          row,
          step.step.outputs.map(({ name }) => outputs[name]!),
        )
      }
      subtasks.push(spreadOf(times).p50)
      return { results, used: [], late: [], bytesOut: 0, bytesIn: 0 }
    }
    const io = { inputs: { x: this.#input }, outputs: [this.#output] }
    const now = () => performance.now()
    const { stages } = await runInference(this.#executable, io, { runStage, now })
    return stages.map(({ headMs, decodeMs }, i) => ({ headMs, decodeMs, subtaskMs: subtasks[i]! }))
  }

  close(): Promise<void> {
    return this.#executable.release()
  }
}

/** The uncut model in plain onnxruntime; a call runs it and tells the ms inside. */
export async function loadUncut(engine: Engine, part: VggPart): Promise<() => Promise<number>> {
  const session = await engine.load(serializeModel(part.model))
  const x = noise(part.input)
  return async () => (await session.run({ x })).runMs
}

function noise(dims: readonly number[]): EngineTensor {
  const count = dims.reduce((product, size) => product * size, 1)
  const values = Float32Array.from({ length: count }, (_, i) => Math.sin(i * 0.37))
  return { type: 'float32', dims: [...dims], data: new Uint8Array(values.buffer) }
}
