import { closeSync, openSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { InferenceSession } from 'onnxruntime-node'
import type { ModelSource, NormalisedModel, NormaliseOptions, WorkerSettings } from './messages.ts'
import { commonOptions, configEntries } from './session-options.ts'

const graphName = 'graph.onnx'
const weightsName = 'weights.bin'

/** Initializers from this size on go to the weights file; smaller ones stay in the graph. */
const externalFromBytes = 4096

/**
 * Has onnxruntime optimise a model at level `basic` (constant folding, redundant nodes, BatchNorm
 * into Conv: all of it portable between CPUs) and save it with its weights beside it.
 */
export async function normalise(
  model: ModelSource,
  options: NormaliseOptions,
  settings: WorkerSettings,
): Promise<NormalisedModel> {
  const graphFile = join(options.outputFolder, graphName)
  const weightsFile = join(options.outputFolder, weightsName)
  const session = await create(model, {
    ...commonOptions(settings),
    graphOptimizationLevel: 'basic',
    optimizedModelFilePath: graphFile,
    extra: configEntries({
      'session.model_external_initializers_file_folder_path': options.weightsFolder,
      'session.optimized_model_external_initializers_file_name': weightsName,
      'session.optimized_model_external_initializers_min_size_in_bytes': `${externalFromBytes}`,
    }),
  })
  await session.release()
  closeSync(openSync(weightsFile, 'a'))
  return { graph: new Uint8Array(readFileSync(graphFile)), weightsFile }
}

function create(
  model: ModelSource,
  options: InferenceSession.SessionOptions,
): Promise<InferenceSession> {
  return model instanceof Uint8Array
    ? InferenceSession.create(model, options)
    : InferenceSession.create(model.path, options)
}
