import type { FuzzedParser } from '../fuzzed-parser.ts'
import { frameParsers } from './frames.ts'
import { messageParsers } from './messages.ts'
import { modelFileParsers } from './model-files.ts'
import { nameParsers } from './names.ts'
import { modelParser } from './onnx-models.ts'

/** Every parser of bytes that come from outside. */
export const fuzzedParsers: readonly FuzzedParser[] = [
  ...frameParsers,
  ...messageParsers,
  ...nameParsers,
  modelParser,
  ...modelFileParsers,
]
