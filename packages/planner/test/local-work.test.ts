import { type ModelProto, tensorShapes } from '@cocoi/onnx'
import { compile, type Segment } from '@cocoi/partition'
import { fleetOf, parseSchemeRequest, planModel } from '@cocoi/planner'
import type { ZooName } from '@cocoi/zoo'
import { expect } from 'chai'
import { shapedZoo } from './shaped-zoo.ts'

const free = new Set(['BatchNormalization', 'Flatten'])

/** Bytes that the user's own nodes in a segment read and write. */
function bytesOf(segment: Segment | undefined, model: ModelProto): number {
  const shapes = tensorShapes(model)
  const elements = (name: string) => shapes.get(name)?.reduce((a, b) => a * b, 1) ?? 0
  const counted = model.graph!.node.filter(({ opType }) => !free.has(opType))
  const own = new Set(counted.map(({ name, opType }) => `${opType} ${name}`))
  const nodes = segment ? segment.model.graph!.node : []
  const kept = nodes.filter(({ name, opType }) => own.has(`${opType} ${name}`))
  const tensors = kept.flatMap(node => [...node.input, ...node.output])
  return tensors.reduce((sum, name) => sum + 4 * elements(name), 0)
}

describe('the work around the stages', () => {
  for (const name of [
    'vgg16',
    'resnet18',
    'resnet50',
    'mobilenetv2',
  ] as const satisfies ZooName[]) {
    it(`is divided as the compiler divides it: ${name}`, () => {
      const model = shapedZoo(name)
      const options = { axis: 'rows', transport: 'float16', minIntensity: 64 } as const
      const fleet = fleetOf('pi4-gbe', 7)
      const scheme = parseSchemeRequest('uncoded')
      const { load, stages } = planModel(model, { scheme, devices: 7, fleet, ...options })
      const coded = stages.map(({ layout, split }) => ({ layout, split, denseRows: [] }))
      const program = compile(model, coded, 'float16')
      const want = program.steps.map(({ head }) => bytesOf(head, model))
      expect(load.stages.map(({ head }) => head.bytes)).to.deep.equal(want)
      expect(load.tail.bytes).to.equal(bytesOf(program.tail, model))
    })
  }
})
