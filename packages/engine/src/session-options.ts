import type { InferenceSession } from 'onnxruntime-node'
import type { LoadOptions, WorkerSettings } from './messages.ts'

type Options = InferenceSession.SessionOptions
type Entries = Readonly<Record<string, string | undefined>>

/** onnxruntime options of a session that will run: one stream of work, no spinning threads. */
export function runOptions(settings: WorkerSettings, options: LoadOptions): Options {
  return {
    ...commonOptions(settings),
    graphOptimizationLevel: options.optimization ?? 'all',
    extra: configEntries({
      'session.intra_op.allow_spinning': '0',
      'session.disable_prepacking': options.prepack === false ? '1' : undefined,
      'session.model_external_initializers_file_folder_path': options.weightsFolder,
    }),
  }
}

/** Options every session shares. Failures reach the caller as errors, so nothing is logged here. */
export function commonOptions(settings: WorkerSettings): Options {
  return {
    intraOpNumThreads: settings.threads,
    interOpNumThreads: 1,
    executionMode: 'sequential',
    logSeverityLevel: 4,
  }
}

/** Entries of onnxruntime_session_options_config_keys.h without those that are undefined. */
export function configEntries(entries: Entries): Record<string, string> {
  return Object.fromEntries(
    Object.entries(entries).filter((entry): entry is [string, string] => entry[1] !== undefined),
  )
}
