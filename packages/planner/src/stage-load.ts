import type { Code } from '@cocoi/coding'
import {
  codedInputShape,
  codedOutputShape,
  overlap,
  type Split,
  type StageLayout,
  type TransportType,
} from '@cocoi/partition'
import { addWork, noWork, type Work } from './work.ts'

/** A stage as numbers: all that predicting and simulating it takes. */
export interface StageLoad {
  readonly id: number
  readonly code: Code
  /** What a device computes for one row. */
  readonly subtask: Work
  /** Payload of one coded input and of one result. */
  readonly bytesOut: number
  readonly bytesIn: number
  /** Local layers between the stage before and this one. */
  readonly head: Work
  /** Pad, cut, dense rows, cast. */
  readonly encode: Work
  /** What the coordinator computes while the subtasks are away, the remainder included. */
  readonly side: Work
  /** Join, cast and bias of the decoded pieces; it runs with the graph after this stage. */
  readonly assemble: Work
  /** Solving for so many missing pieces. */
  readonly decode: (missing: number) => Work
  /** Share of the rows of each device, in the order of the fleet; undefined for equal shares. */
  readonly rowsPerDevice: readonly number[] | undefined
}

export interface LoadOptions {
  readonly layout: StageLayout
  readonly split: Split
  readonly code: Code
  readonly transport: TransportType
  readonly rowsPerDevice?: readonly number[] | undefined
}

export const wireBytes: Readonly<Record<TransportType, number>> = { float16: 2, float32: 4 }

/**
 * The numbers of a stage. Bytes of memory traffic are those of the nodes that `partition` puts
 * into the graphs: each reads and writes its tensors once, in float32 or in wire type.
 */
export function stageLoad(options: LoadOptions): StageLoad {
  const { layout, split, code, transport, rowsPerDevice } = options
  const { k } = code
  const coded = codedElements(layout, split.length)
  const wire = wireBytes[transport]
  return {
    id: layout.id,
    code,
    subtask: subtaskWork(layout, split.length),
    bytesOut: coded.input * wire,
    bytesIn: coded.output * wire,
    head: noWork,
    encode: encodeWork(options, coded.input),
    side: subtaskWork(layout, split.rest.end - split.rest.begin),
    assemble: { flops: 0, bytes: assembleBytes(split, transport) * wholeOutput(layout) },
    decode: missing => decodeWork(missing, { k, elements: coded.output, transport }),
    rowsPerDevice,
  }
}

/**
 * Join, cast and bias, per element; parts (what does not overlap, the remainder) are cut and joined once
 * more.
 */
function assembleBytes(split: Split, transport: TransportType): number {
  const wire = wireBytes[transport]
  const join = split.starts.length > 1 ? 2 * wire : 0
  const overlaps = overlap(split, split.starts.length - 1) > 0
  const hasParts = overlaps || split.rest.begin < split.rest.end
  return join + (overlaps ? 2 * wire : 0) + castBytes(transport) + (hasParts ? 8 : 0) + 8
}

/** Elements of one coded input and one coded output. */
export function codedElements(layout: StageLayout, length: number) {
  const { axis, inputs, convs } = layout
  return {
    input: sum(inputs.map(input => product(codedInputShape(input, axis, length)))),
    output: sum(convs.map(conv => product(codedOutputShape(conv, axis, length)))),
  }
}

/** Convolution of `length` rows: its operations, and input, output and weights once each. */
export function subtaskWork(layout: StageLayout, length: number): Work {
  if (length === 0) return noWork
  const { input, output } = codedElements(layout, length)
  const flops = (layout.flops * length) / layout.extent
  return { flops, bytes: 4 * (input + output + weightElements(layout)) }
}

/**
 * Pad, Slice and Concat read and write float32; the dense rows are a product of [r, k] and [k, e]
 * (CoCoI, N_enc = 2·k·r per element); float16 adds the peak (read twice) and the cast.
 */
function encodeWork({ layout, code, transport }: LoadOptions, elements: number): Work {
  const { k, n } = code
  const dense = Array.from({ length: n }, (_, i) => i).filter(i => code.unitPiece(i) === undefined)
  const whole = sum(layout.inputs.map(({ shape }) => product(shape)))
  const stacked = k * elements
  const parity = dense.length * elements
  const cut = { flops: 0, bytes: 8 * whole + 16 * stacked }
  const multiply = { flops: 2 * k * parity, bytes: parity > 0 ? 4 * (stacked + parity) : 0 }
  const send = transport === 'float16' ? 8 + castBytes(transport) : 0
  return addWork(cut, multiply, { flops: 0, bytes: send * (stacked + parity) })
}

/**
 * `missing` pieces out of k results (CoCoI, N_dec = 2·k² per element when all are missing): stack and
 * cast the survivors, multiply, peak and cast of what was recovered. Nothing when nothing is.
 */
function decodeWork(
  missing: number,
  { k, elements, transport }: { k: number; elements: number; transport: TransportType },
): Work {
  if (missing === 0) return noWork
  const survivors = k * elements * (2 * wireBytes[transport] + castBytes(transport) + 4)
  const recovered = missing * elements * (4 + 8 + castBytes(transport))
  return { flops: 2 * k * missing * elements, bytes: survivors + recovered }
}

/** Cast between float32 and wire type, per element. */
function castBytes(transport: TransportType): number {
  return transport === 'float16' ? 6 : 0
}

function weightElements({ convs }: StageLayout): number {
  const perRow = ({ flops, outputShape }: StageLayout['convs'][number]) =>
    (flops / 2 / product(outputShape)) * outputShape[1]!
  return sum(convs.map(perRow))
}

function wholeOutput({ convs }: StageLayout): number {
  return sum(convs.map(({ outputShape }) => product(outputShape)))
}

function product(shape: readonly number[]): number {
  return shape.reduce((all, size) => all * size, 1)
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}
