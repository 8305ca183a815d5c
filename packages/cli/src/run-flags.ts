import { CliError } from './errors.ts'
import type { PlanningFlags } from './planning-options.ts'
import type { Slowdown } from './slowdown.ts'

/** What `cocoi run` was told. */
export interface RunFlags extends PlanningFlags {
  readonly input?: readonly string[]
  readonly config?: string
  readonly labels?: string
  readonly devices: number
  readonly scheme: readonly string[]
  readonly kill: number
  readonly freeze: number
  readonly slow: Slowdown
  readonly repeat: number
  readonly broker?: string
  readonly json?: string
  readonly saveOutputs?: string
}

/** A command line that makes sense. */
export interface RunOrder {
  readonly modelPath: string
  readonly flags: RunFlags
}

/**
 * Puts model and flags together. `--input` and `--scheme` take several values and so swallow a model
 * that stands behind them, which is taken out again.
 *
 * @throws {CliError} ERR_USAGE
 */
export function readRunOrder(model: string | undefined, flags: RunFlags): RunOrder {
  requireDevices(flags)
  if (model !== undefined) return { modelPath: model, flags }
  const isModel = (value: string) => value.endsWith('.onnx')
  const modelPath = [...flags.scheme, ...(flags.input ?? [])].find(isModel)
  if (modelPath === undefined) {
    throw new CliError('ERR_USAGE', 'which model? put it first: cocoi run model.onnx …')
  }
  const others = (values: readonly string[]) => values.filter(value => value !== modelPath)
  const input = flags.input && { input: others(flags.input) }
  return { modelPath, flags: { ...flags, ...input, scheme: others(flags.scheme) } }
}

/** There are no more devices to strike or to slow down than there are. */
function requireDevices({ devices, kill, freeze, slow }: RunFlags): void {
  if (kill + freeze > devices) {
    const message = `--kill ${kill} and --freeze ${freeze} strike ${kill + freeze} devices, but --devices is ${devices}`
    throw new CliError('ERR_USAGE', message)
  }
  if (slow.count <= devices) return
  throw new CliError(
    'ERR_USAGE',
    `--slow ${slow.count}:${slow.factor} needs ${slow.count} devices, but --devices is ${devices}`,
  )
}
