import {
  type Fleet,
  fleetOf,
  inHindsight,
  type ModelPlan,
  PlannerError,
  type PlanOptions,
  parseSchemeRequest,
  planModel,
  profileName,
} from '@cocoi/planner'
import type { ZooName } from '@cocoi/zoo'
import { expect } from 'chai'
import { shapedZoo } from './shaped-zoo.ts'

const models = new Map<ZooName, ReturnType<typeof shapedZoo>>()

function plan(
  name: ZooName,
  scheme: string,
  fleet: Fleet,
  options: Partial<PlanOptions> = {},
): ModelPlan {
  const model = models.get(name) ?? shapedZoo(name)
  models.set(name, model)
  return planModel(model, {
    ...{ scheme: parseSchemeRequest(scheme), devices: fleet.devices.length, fleet },
    ...{ axis: 'rows', transport: 'float16', minIntensity: 32, ...options },
  })
}

function straggling(fleet: Fleet, factor: number): Fleet {
  return { ...fleet, devices: fleet.devices.map(device => ({ ...device, straggling: factor })) }
}

describe('the scheme auto', () => {
  it('keeps a model where one device is faster, and says so with numbers', () => {
    const made = plan('resnet18', 'auto', fleetOf('pi4-wifi', 10))
    const { kind, stages, local } = made
    const prediction = made.predict()
    expect(kind).to.equal('local')
    expect(stages).to.deep.equal([])
    expect(prediction.total).to.deep.equal(prediction.alone)
    expect(prediction.why).to.match(/^the coordinator alone is fastest \(\d+ ms\): shared as .* ms/)
    const conv = local.find(({ output }) => output === 'layer1.0.conv1')
    expect(conv!.reason).to.match(/^\d+ ms here, \d+ ms with .*, mostly the coordinator's network/)
  })

  it('shares a model whose layers are worth it, and says how much faster that is', () => {
    const made = plan('vgg16', 'auto', fleetOf('pi4-slow', 10))
    const { kind, stages } = made
    const prediction = made.predict()
    expect(kind).to.equal('stages')
    expect(stages).to.have.length(13)
    expect(prediction.total.meanMs).to.be.below(prediction.alone.meanMs / 5)
    expect(prediction.why).to.match(
      /^sharing 13 convolutions is \d\.\d\d times as fast as one device/,
    )
    for (const { why, p50Ms, p99Ms } of prediction.stages) {
      expect(why).to.match(/on the coordinator; away mostly/)
      expect(p99Ms).to.be.at.least(p50Ms)
    }
  })

  it('keeps spare rows where devices straggle, and none where they do not', () => {
    const fleet = fleetOf('pi4-slow', 10)
    const [calm, restless] = [0, 1].map(factor => {
      const { stages } = plan('vgg16', 'auto', straggling(fleet, factor))
      return stages.map(({ code }) => code.n - code.k)
    })
    expect(Math.max(...calm!)).to.equal(0)
    expect(restless!.filter(spare => spare > 0).length).to.be.above(restless!.length / 2)
  })

  for (const name of ['vgg16', 'resnet18'] as const) {
    for (const profile of ['pi4-gbe', 'pi4-wifi', 'pi4-slow', 'mixed'] as const) {
      it(`is at most 5 % behind every fixed scheme: ${name} on ${profile}`, () => {
        for (const factor of [0.05, 1]) {
          const fleet = straggling(fleetOf(profile, 10), factor)
          const best = plan(name, 'auto', fleet).predict().total.meanMs
          const schemes = [
            'local',
            'whole',
            'uncoded',
            'replication:2',
            'mds',
            'mds:10,9',
            'mds:10,6',
          ]
          for (const scheme of schemes) {
            const { meanMs } = plan(name, scheme, fleet).predict().total
            expect(best / meanMs, `${scheme}, straggling ${factor}`).to.be.below(1.05)
          }
        }
      })
    }
  }

  it('gives fast devices more rows than slow ones', () => {
    const alike = fleetOf('pi4-slow', 9)
    const speeds = [4e9, 1e9, 0.4e9]
    const devices = alike.devices.map((pi, i) => ({ ...pi, flopsPerS: speeds[i % 3]! }))
    const { stages } = plan('vgg16', 'auto', { ...alike, devices })
    const shares = stages.flatMap(({ rowsPerDevice }) => (rowsPerDevice ? [rowsPerDevice] : []))
    expect(shares.length).to.be.above(stages.length / 2)
    for (const rows of shares) {
      expect(rows[0]!, `ten times as fast: ${rows}`).to.be.above(rows[2]!)
      expect(rows).to.have.length(9)
    }
  })

  it('does not send the whole model to a device because it takes long here', () => {
    expect(inHindsight(100, 'whole', { local: 7 })).to.equal(700)
    expect(inHindsight(100, 'whole', { local: 7, whole: 2 })).to.equal(200)
    expect(inHindsight(100, 'local', { whole: 7 })).to.equal(100)
    expect(inHindsight(100, 'stages', { local: 7 })).to.equal(100)
  })

  it('does not share again what sharing has not made faster, in hindsight', () => {
    const fleet = fleetOf('pi4-slow', 10)
    const before = plan('vgg16', 'auto', fleet)
    const after = plan('vgg16', 'auto', fleet, { hindsight: { stages: 20, whole: 2 } })
    expect([before.kind, after.kind]).to.deep.equal(['stages', 'local'])
    const again = plan('vgg16', 'auto', fleet, { hindsight: { stages: 20, whole: 20, local: 20 } })
    expect(again.kind).to.equal('stages')
    expect(again.predictedMs, 'without hindsight').to.equal(before.predictedMs)
  })

  it('makes the same plan again', () => {
    const [first, second] = [1, 2].map(() => plan('resnet18', 'auto', fleetOf('pi4-slow', 10)))
    expect(JSON.stringify(second!.predict())).to.equal(JSON.stringify(first!.predict()))
    const schemes = [first!, second!].map(({ stages }) => stages.map(({ code }) => code.scheme))
    expect(schemes[1]).to.deep.equal(schemes[0])
  })

  it('survives what no device can be', () => {
    const usual = fleetOf('pi4-slow', 4)
    const strange = [
      { flopsPerS: 1e18, memoryBytesPerS: 1e18, perSubtaskMs: 0, straggling: 0 },
      { flopsPerS: 1e3, memoryBytesPerS: 1e3, perSubtaskMs: 1e6, straggling: 1e6 },
      { slowness: [0, 0, 1e6] },
    ]
    for (const change of strange) {
      const devices = usual.devices.map((device, i) => (i < 2 ? { ...device, ...change } : device))
      const { kind } = plan('resnet18', 'auto', { ...usual, devices })
      expect(['local', 'whole', 'stages']).to.include(kind)
    }
  })

  it('goes on with one device or none', () => {
    expect(plan('resnet18', 'auto', fleetOf('pi4-gbe', 0)).kind).to.equal('local')
    expect(plan('resnet18', 'auto', fleetOf('pi4-gbe', 1)).kind).to.equal('local')
    const slow = fleetOf('pi4-slow', 1)
    const fast = { ...slow, devices: fleetOf('pi4-gbe', 1).devices }
    expect(plan('resnet18', 'auto', fast).kind, 'a device that is faster').to.equal('whole')
  })
})

describe('a code without numbers', () => {
  const spares = ({ stages }: ModelPlan) => stages.map(({ code }) => code.n - code.k)
  const total = (numbers: readonly number[]) => numbers.reduce((sum, spare) => sum + spare, 0)

  it('has the more spare rows the more straggles', () => {
    const fleet = fleetOf('pi4-slow', 10)
    const [calm, restless] = [0, 1].map(factor => {
      return total(spares(plan('vgg16', 'mds', straggling(fleet, factor))))
    })
    expect(restless).to.be.above(calm!)
  })

  it('has spare rows where devices fail', () => {
    const fleet = fleetOf('pi4-slow', 10)
    const devices = fleet.devices.map(device => ({ ...device, failuresPerS: 0.05 }))
    expect(total(spares(plan('vgg16', 'mds', { ...fleet, devices })))).to.be.above(6)
  })

  for (const name of ['vgg16', 'resnet18'] as const) {
    it(`is at most 5 % behind the best k: ${name}`, () => {
      for (const factor of [0.05, 0.5, 1]) {
        const fleet = straggling(fleetOf('pi4-slow', 10), factor)
        const chosen = plan(name, 'mds', fleet).predict().total.meanMs
        for (const k of [2, 5, 6, 7, 8, 9, 10]) {
          const { meanMs } = plan(name, `mds:10,${k}`, fleet).predict().total
          expect(chosen / meanMs, `k = ${k}, straggling ${factor}`).to.be.below(1.05)
        }
      }
    })
  }

  it('shares with any number of devices, and with none computes locally and says so', () => {
    for (const scheme of ['mds', 'vandermonde', 'lt']) {
      for (const devices of [2, 3, 20]) {
        const { kind, stages } = plan('resnet18', scheme, fleetOf('pi4-slow', devices))
        expect(kind, `${scheme} on ${devices}`).to.equal('stages')
        for (const { code } of stages) {
          if (scheme === 'mds') expect(code.n).to.be.within(2, devices)
          else expect(code.n, scheme).to.equal(devices)
        }
      }
      for (const devices of [0, 1]) {
        const { kind, notes } = plan('resnet18', scheme, fleetOf('pi4-slow', devices))
        expect([kind, notes.join()].join(': ')).to.match(/^local: .*computed locally$/)
      }
    }
  })

  it('leaves devices alone for which a layer has no rows', () => {
    const fleet = fleetOf('pi4-gbe', 100)
    const [mds, uncoded] = ['mds', 'uncoded'].map(scheme => plan('vgg16', scheme, fleet))
    const lowest = mds!.stages.at(-1)!
    expect(lowest.code.n - lowest.code.k).to.be.below(10)
    const ratio = mds!.predict().total.meanMs / uncoded!.predict().total.meanMs
    expect(ratio).to.be.below(1.05)
  })

  it('says why it has as many pieces as it has', () => {
    const { why } = plan('vgg16', 'mds', straggling(fleetOf('pi4-slow', 10), 1))
    expect(why).to.match(/^mds:10,\d.* takes \d+ ms; .* would take \d+ ms$/)
  })
})

describe('predictions of a plan', () => {
  it('come with every scheme, beside one device alone', () => {
    for (const scheme of [
      'local',
      'whole',
      'uncoded',
      'replication:2',
      'mds',
      'vandermonde',
      'lt',
    ]) {
      const made = plan('resnet18', scheme, fleetOf('pi4-slow', 6))
      const { stages, load } = made
      const prediction = made.predict()
      expect(prediction.total.p50Ms, scheme).to.be.above(0)
      expect(prediction.total.p99Ms, scheme).to.be.at.least(prediction.total.p50Ms)
      expect(prediction.stages, scheme).to.have.length(stages.length)
      expect(load.stages.length, scheme).to.equal(scheme === 'whole' ? 1 : stages.length)
    }
  })

  it('show k° of the paper beside k* by Monte Carlo for coded stages', () => {
    const fleet = straggling(fleetOf('pi4-slow', 10), 1)
    const prediction = plan('vgg16', 'mds', fleet, { sweep: true }).predict()
    for (const { surrogateK, bestK } of prediction.stages) {
      expect(surrogateK).to.be.within(1, 9)
      expect(bestK).to.be.within(1, 10)
    }
    const [uncoded] = plan('vgg16', 'uncoded', fleet).predict().stages
    expect(uncoded).to.include({ surrogateK: undefined, bestK: undefined })
  })

  it('need a profile of every device', () => {
    expect(() => plan('resnet18', 'auto', fleetOf('pi4-gbe', 3), { devices: 4 }))
      .to.throw(PlannerError, 'for 4 devices needs as many profiles, got 3')
      .with.property('code', 'ERR_BAD_FLEET')
  })

  it('name the profiles there are', () => {
    expect(profileName('pi4-slow')).to.equal('pi4-slow')
    expect(() => profileName('pi9'))
      .to.throw(PlannerError, 'pi4-gbe, pi4-wifi, pi4-slow')
      .with.property('code', 'ERR_UNKNOWN_PROFILE')
  })
})
