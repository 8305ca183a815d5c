import { readFileSync, readlinkSync } from 'node:fs'
import { constants, setPriority } from 'node:os'
import { basename, join } from 'node:path'
import { parentPort } from 'node:worker_threads'
import { nameThread } from '@cocoi/engine'
import { type ModelProto, parseModel } from '@cocoi/onnx'
import { carryOut, decisionOf, planModel } from '@cocoi/planner'
import { describeError } from '../errors.ts'
import { isWorthwhile, predictedOn } from './is-worthwhile.ts'
import type {
  Decided,
  PlannedModel,
  PlanningMessage,
  PlanningReply,
  PlanningRequest,
} from './messages.ts'

/** The model that was planned last; most coordinators have one. */
let last: { readonly graphSha: string; readonly graph: ModelProto } | undefined

nameThread('cocoi-planner')
stepBack()
const port = parentPort!
port.on('message', (message: PlanningMessage) => port.postMessage(answer(message)))

function answer({ id, ...request }: PlanningMessage): PlanningReply {
  try {
    return { id, decided: decide(request) }
  } catch (error) {
    const failure = describeError(error)
    // What nobody foresaw ends this thread, and is told with its stack.
    if (failure.code === 'ERR_INTERNAL') throw error
    return { id, failure }
  }
}

function decide({ model, options, present }: PlanningRequest): Decided {
  const graph = graphOf(model)
  const plan = planModel(graph, options)
  if (present) {
    const devices = present.fleet.devices.length
    const { decision, fleet } = present
    const { load } = carryOut(graph, { ...options, fleet, devices }, decision)
    const old = { kind: decision.kind, load, fleet }
    const fresh = { kind: plan.kind, load: plan.load, fleet: options.fleet }
    const { goal = { type: 'latency' }, hindsight = {} } = options
    if (!isWorthwhile(old, fresh, { goal, hindsight })) {
      return { presentMs: predictedOn(options.fleet, old) }
    }
  }
  return { decision: decisionOf(plan) }
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
