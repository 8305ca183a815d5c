export { compile, type Program, type StageOutput, type Step, wholeProgram } from './compile.ts'
export { decodeGraph, decodeTensors } from './decode-graph.ts'
export type { CodedStage, EncodedInput } from './encode.ts'
export { PartitionError, type PartitionErrorCode } from './errors.ts'
export {
  codedInputShape,
  codedOutputShape,
  layoutStages,
  type StageInput,
  type StageLayout,
} from './layout.ts'
export { type Axis, findLinearConvs, type LinearConv, type LocalConv } from './linear-conv.ts'
export { residualGraph, residualTensors } from './residual-graph.ts'
export type { Segment } from './segments.ts'
export { overlap, type Split, splitExtent } from './split.ts'
export {
  type LinearStageSpec,
  type StageSpec,
  type SubtaskGraph,
  subtaskGraph,
  type WholeStageSpec,
} from './subtask.ts'
export { fitsFloat16, float16Max, type TransportType } from './transport-type.ts'
export { type Interval, inputInterval, outputExtent, type Window } from './window.ts'
