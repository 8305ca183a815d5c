import { readdirSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { constants, getPriority, platform, tmpdir } from 'node:os'
import { join } from 'node:path'
import { PlanningThread } from '@cocoi/coordinator'
import { serializeModel } from '@cocoi/onnx'
import { decisionOf, fleetOf, parseSchemeRequest, planModel } from '@cocoi/planner'
import { expect } from 'chai'
import { shapedZoo } from '../../planner/test/shaped-zoo.ts'

const resnet18 = shapedZoo('resnet18')
const fleet = fleetOf('pi4-slow', 6)
const options = {
  scheme: parseSchemeRequest('auto'),
  devices: 6,
  fleet,
  axis: 'rows' as const,
  transport: 'float16' as const,
  minIntensity: 32,
}

describe('PlanningThread', () => {
  let thread: PlanningThread
  let weightsFolder: string

  beforeEach(async () => {
    thread = new PlanningThread()
    weightsFolder = await mkdtemp(join(tmpdir(), 'cocoi-planning-'))
    await writeFile(join(weightsFolder, 'resnet18'), serializeModel(resnet18))
  })

  afterEach(async () => {
    await thread.close()
    await rm(weightsFolder, { recursive: true })
  })

  const decide = (graphSha: string, more: object = {}) =>
    thread.decide({ model: { graphSha, weightsFolder }, options: { ...options, ...more } })

  const reasonOf = (failing: Promise<unknown>) =>
    failing.then(
      () => expect.fail('it did not fail'),
      (error: Error & { code?: string }) => error,
    )

  it('decides what would be decided here, and leaves this thread alone meanwhile', async () => {
    const before = performance.eventLoopUtilization()
    const decision = await decide('resnet18')
    const { utilization } = performance.eventLoopUtilization(before)
    expect(decision).to.deep.equal(decisionOf(planModel(resnet18, options)))
    expect(utilization).to.be.below(0.5)
  })

  it('lets every other thread go first', async function () {
    if (platform() !== 'linux') this.skip() // only there threads have priorities
    await decide('resnet18')
    expect(prioritiesOfThreads()).to.include(constants.priority.PRIORITY_LOW)
    expect(getPriority(), 'of this thread').to.equal(constants.priority.PRIORITY_NORMAL)
  })

  it('says why no plan can be made, and makes others', async () => {
    const error = await reasonOf(decide('resnet18', { devices: 5 }))
    expect(error.code).to.equal('ERR_BAD_FLEET')
    expect(error.message).to.include('needs as many profiles')
    expect(await decide('resnet18')).to.have.property('kind', 'stages')
  })

  it('starts anew after what nobody foresaw', async () => {
    expect((await reasonOf(decide('nothing'))).message).to.include('ENOENT')
    expect(await decide('resnet18')).to.have.property('kind', 'stages')
  })

  it('gives up what is being planned when it is closed', async () => {
    const planning = reasonOf(decide('resnet18'))
    await thread.close()
    expect((await planning).code).to.equal('ERR_STOPPING')
    expect((await reasonOf(decide('resnet18'))).code).to.equal('ERR_STOPPING')
  })
})

function prioritiesOfThreads(): number[] {
  return readdirSync('/proc/self/task').map(thread => getPriority(Number(thread)))
}
