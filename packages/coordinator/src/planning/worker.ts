import { readFileSync, readlinkSync } from 'node:fs'
import { constants, setPriority } from 'node:os'
import { basename, join } from 'node:path'
import { parentPort } from 'node:worker_threads'
import { nameThread } from '@cocoi/engine'
import { type ModelProto, parseModel } from '@cocoi/onnx'
import { carryOut, decisionOf, type PlanDecision, planModel } from '@cocoi/planner'
import { describeError } from '../errors.ts'
import { isWorthwhile, type LoadedFleet, predictedOn } from './is-worthwhile.ts'
import type {
  PlannedModel,
  PlanningCalls,
  PlanningMessage,
  PlanningReply,
  PlanningRequest,
  PredictionRequest,
} from './messages.ts'

/** The model that was planned last; most coordinators have one. */
let last: { readonly graphSha: string; readonly graph: ModelProto } | undefined

const calls: PlanningCalls = { decide, predict }

nameThread('cocoi-planner')
stepBack()
const port = parentPort!
port.on('message', (message: PlanningMessage) => port.postMessage(answer(message)))

function answer({ id, call, request }: PlanningMessage): PlanningReply {
  try {
    return { id, answer: calls[call](request as never) }
  } catch (error) {
    const failure = describeError(error)
    // What nobody foresaw ends this thread, and is told with its stack.
    if (failure.code === 'ERR_INTERNAL') throw error
    return { id, failure }
  }
}

function decide({ present, ...request }: PlanningRequest): PlanDecision | undefined {
  const { model, options } = request
  const plan = planModel(graphOf(model), options)
  if (present) {
    const fresh = { kind: plan.kind, load: plan.load, fleet: options.fleet }
    const { goal = { type: 'latency' }, hindsight = {} } = options
    const old = loaded({ ...request, present })
    if (!isWorthwhile(old, fresh, { goal, hindsight })) return undefined
  }
  return decisionOf(plan)
}

function predict(request: PredictionRequest): number {
  return predictedOn(request.options.fleet, loaded(request))
}

/** The present plan as numbers, on the fleet for which it was made. */
function loaded({ model, options, present }: PredictionRequest): LoadedFleet {
  const { decision, fleet } = present
  const devices = fleet.devices.length
  const { load } = carryOut(graphOf(model), { ...options, fleet, devices }, decision)
  return { kind: decision.kind, load, fleet }
}

function graphOf({ graphSha, weightsFolder }: PlannedModel): ModelProto {
  if (last?.graphSha !== graphSha) {
    const graph = parseModel(new Uint8Array(readFileSync(join(weightsFolder, graphSha))))
    last = { graphSha, graph }
  }
  return last.graph
}

/** Subtasks and the engine go first. Only Linux has priorities of threads; a sandbox may forbid them. */
function stepBack(): void {
  try {
    const thread = basename(readlinkSync('/proc/thread-self'))
    setPriority(Number(thread), constants.priority.PRIORITY_LOW)
  } catch {
    // It plans all the same.
  }
}
