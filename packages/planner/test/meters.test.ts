import { seeded } from '@cocoi/coding'
import {
  FailureMeter,
  type MeasuredLink,
  measuredFleet,
  quantile,
  SpeedMeter,
  type Transit,
  WayMeter,
  workMs,
} from '@cocoi/planner'
import { expect } from 'chai'

const random = seeded(7)
const exponential = () => -Math.log(1 - random())

/** Kinds of work as a small network has them: much and little arithmetic per byte. */
const works = [0.02, 0.05, 0.1, 0.3, 0.6].map((gflop, i) => ({
  flops: gflop * 1e9,
  bytes: 2e6 / (i + 1),
}))

/** Lets a machine compute so many times each of the works. */
function compute(
  meter: SpeedMeter,
  machine: { flopsPerS: number; memoryBytesPerS: number; perRunMs?: number },
  { times, slowness = () => 1 }: { times: number; slowness?: () => number },
): void {
  for (let i = 0; i < times; i++) {
    for (const work of works)
      meter.note(work, workMs(work, machine) * slowness() + (machine.perRunMs ?? 0))
  }
}

describe('the speed of a machine', () => {
  const benchmark = { flopsPerS: 20e9, memoryBytesPerS: 3e9 }
  const slow = { flopsPerS: 5e9, memoryBytesPerS: 0.75e9 }

  it('is that of the benchmark until it has computed something', () => {
    expect(new SpeedMeter(benchmark).measured).to.include({ ...benchmark, samples: 0 })
  })

  it('is learnt from its own computations, with their straggling', () => {
    for (const straggling of [0.1, 0.5, 1]) {
      const meter = new SpeedMeter(benchmark)
      const machine = { ...slow, perRunMs: 2 }
      compute(meter, machine, { times: 16, slowness: () => 1 + straggling * exponential() })
      const { measured } = meter
      for (const work of works) {
        const predicted = workMs(work, measured) + measured.perRunMs
        expect(predicted / (workMs(work, slow) + 2)).to.be.closeTo(1, 0.12)
      }
      expect(measured.straggling / straggling).to.be.within(0.7, 1.3)
      expect(measured.slowness, 'it fits').to.equal(undefined)
      expect(measured.samples).to.equal(16 * works.length)
    }
  })

  it('is told as quantiles where it is now full, now a third', () => {
    const meter = new SpeedMeter(benchmark)
    compute(meter, slow, { times: 16, slowness: () => (random() < 0.6 ? 1 : 3) })
    const { slowness, distance } = meter.measured
    expect(distance).to.be.above(0.08)
    expect(quantile(slowness!, 0.2)).to.be.closeTo(1, 0.1)
    expect(quantile(slowness!, 0.95)).to.be.closeTo(3, 0.1)
  })

  it('follows a machine that becomes hot, and one that cools down', () => {
    const meter = new SpeedMeter(benchmark)
    for (const machine of [benchmark, slow, benchmark]) {
      compute(meter, machine, { times: 8 })
      expect(meter.measured.flopsPerS / machine.flopsPerS).to.be.closeTo(1, 0.01)
      expect(meter.measured.straggling).to.be.below(0.01)
    }
  })

  it('learns nothing about arithmetic from work that moves bytes only, and the other way round', () => {
    const mover = new SpeedMeter(benchmark)
    for (let i = 0; i < 20; i++) mover.note({ flops: 0, bytes: 3e6 }, 4)
    expect(mover.measured.flopsPerS).to.equal(20e9)
    expect(mover.measured.memoryBytesPerS).to.be.closeTo(0.75e9, 1e6)
    const both = new SpeedMeter(benchmark)
    for (let i = 0; i < 20; i++) {
      both.note({ flops: 0, bytes: 3e6 }, 1)
      both.note({ flops: 1e9, bytes: 0 }, 200)
    }
    expect(both.measured.flopsPerS).to.be.closeTo(5e9, 1e7)
    expect(both.measured.memoryBytesPerS).to.be.closeTo(3e9, 1e7)
  })

  it('does not take the hiccups of short graphs for the straggling of long ones', () => {
    const meter = new SpeedMeter(benchmark)
    for (let i = 0; i < 16; i++) {
      meter.note({ flops: 1e6, bytes: 0 }, i % 4 === 0 ? 5 : 0.05)
      meter.note({ flops: 1e9, bytes: 0 }, 50 + (i % 4))
    }
    expect(meter.measured.straggling).to.be.below(0.1)
  })

  it('does not take what is late alike for the straggling of short work', () => {
    const meter = new SpeedMeter({ flopsPerS: 1e9, memoryBytesPerS: 1e9 })
    for (let i = 0; i < 30; i++) {
      for (const ms of [30, 60, 100])
        meter.note({ flops: ms * 1e6, bytes: 1 }, ms + 5 * exponential())
    }
    expect(meter.measured.straggling).to.be.within(0.03, 0.09)
  })

  it('is not shaken by what takes no time or no work', () => {
    const meter = new SpeedMeter(benchmark)
    for (const ms of [0, -1, Number.NaN]) meter.note(works[0]!, ms)
    meter.note({ flops: 0, bytes: 0 }, 5)
    expect(meter.measured.samples).to.equal(0)
  })

  it('takes no more memory for many plans', () => {
    const meter = new SpeedMeter(benchmark)
    for (let i = 1; i < 10_000; i++) meter.note({ flops: i * 1e6, bytes: 1 }, i / 20)
    expect(meter.measured.samples).to.be.at.most(128)
  })
})

describe('the ways to the devices', () => {
  const devices = ['pi-1', 'pi-2', 'pi-3', 'pi-4', 'pi-5']
  const stages = [
    { out: 400e3, in: 300e3 },
    { out: 90e3, in: 120e3 },
    { out: 20e3, in: 10e3 },
  ]
  const hop = { bytesPerS: 50e6, perMessageMs: 0.4 }

  /** Stages that are sent to all devices at once, over the shared way and what is beyond it. */
  function travel(
    meter: WayMeter,
    beyondMs: (device: string, bytes: number) => number,
    { rounds = 60, kinds = stages.length, slowdown = 1, from = 0 } = {},
  ): void {
    for (let i = from; i < from + rounds; i++) {
      const stage = stages[i % kinds]!
      const transits = devices.map((device, position): Transit => {
        const messagesOut = position + 1
        const bytesOut = messagesOut * stage.out
        const sharedBytes = bytesOut + stage.in
        const ownBytes = stage.out + stage.in
        const ms =
          (messagesOut + 1) * hop.perMessageMs +
          ((sharedBytes * slowdown) / hop.bytesPerS) * 1000 +
          beyondMs(device, ownBytes)
        return {
          device,
          sentAt: i * 1000,
          messagesOut,
          bytesOut,
          bytesIn: stage.in,
          ownBytes,
          ms,
          computeMs: 0,
        }
      })
      read(meter, transits, i * 1000)
    }
  }

  /** Results are read in the order in which they come. */
  function read(meter: WayMeter, transits: readonly Transit[], sentAt: number): void {
    for (const transit of transits.toSorted((a, b) => a.ms - b.ms))
      meter.note(transit, sentAt + transit.ms)
  }

  it('have in common what all of them need', () => {
    const meter = new WayMeter()
    travel(meter, () => 0)
    const shared = meter.shared(60_000)!
    expect(shared.bytesPerS / hop.bytesPerS).to.be.closeTo(1, 0.02)
    expect(shared.perMessageMs).to.be.closeTo(hop.perMessageMs, 0.02)
    for (const device of devices) {
      const link = meter.link(device, 60_000)!
      const beyondMs = 2 * link.latencyMs + (7e5 / link.bytesPerS) * 1000
      expect(beyondMs, device).to.be.below(1)
      expect(link.delayMs).to.be.below(0.01)
    }
  })

  it('are no longer what they were, though not all is sent any more that was', () => {
    const meter = new WayMeter()
    travel(meter, () => 0)
    travel(meter, () => 0, { from: 60, rounds: 220, kinds: 2, slowdown: 20 })
    const { bytesPerS } = meter.shared(280_000)!
    expect((20 * bytesPerS) / hop.bytesPerS).to.be.closeTo(1, 0.05)
  })

  it('are still what they were when one kind of message is now fast, now slow', () => {
    const meter = new WayMeter()
    travel(meter, () => 0)
    const sizes = { messagesOut: 1, bytesOut: 7e3, bytesIn: 7e3, ownBytes: 14e3 }
    for (let i = 0; i < 100; i++) {
      const ms = 3 * (1 + (Math.floor(i / 5) % 2))
      const transit = { device: 'pi-1', sentAt: 60_000 + i, ...sizes, ms, computeMs: 0 }
      meter.note(transit, 60_000 + 100 * i)
    }
    const { bytesPerS } = meter.shared(70_000)!
    expect(bytesPerS / hop.bytesPerS).to.be.closeTo(1, 0.1)
  })

  it('differ by the links of the devices', () => {
    const meter = new WayMeter()
    travel(meter, (device, bytes) => (device === 'pi-3' ? 6 + bytes / 5e3 : 0))
    expect(meter.shared(60_000)!.bytesPerS / hop.bytesPerS).to.be.closeTo(1, 0.15)
    const link = meter.link('pi-3', 60_000)!
    expect(link.bytesPerS / 5e6).to.be.closeTo(1, 0.15)
    expect(meter.link('pi-1', 60_000)!.bytesPerS).to.be.above(1e8)
  })

  it('scatter where transmissions are delayed, whether asked first or last', () => {
    for (const late of ['pi-1', 'pi-2', 'pi-5']) {
      const meter = new WayMeter()
      travel(meter, device => (device === late ? 20 * (exponential() + exponential()) : 0))
      for (const device of devices) {
        const [least, most] = device === late ? [8, 32] : [0, 2]
        expect(meter.link(device, 60_000)!.delayMs, device).to.be.within(least, most)
      }
      expect(meter.shared(60_000)!.perMessageMs, late).to.be.below(5)
    }
  })

  /** What the link takes for two of these small messages. */
  function beyondMs({ latencyMs, bytesPerS }: MeasuredLink): number {
    return 2 * latencyMs + (2e4 / bytesPerS) * 1000
  }

  /** Small messages to ten devices, held up by their place in a burst. */
  function travelInBursts(meter: WayMeter, heldUp: () => (place: number) => number): string[] {
    const ten = Array.from({ length: 10 }, (_, i) => `pi-${i + 1}`)
    for (let i = 0; i < 200; i++) {
      const heldUpMs = heldUp()
      const transits = ten.map((device, at): Transit => {
        const messagesOut = at + 1
        const sizes = { messagesOut, bytesOut: messagesOut * 1e4, bytesIn: 1e4, ownBytes: 2e4 }
        const ms = 5 + messagesOut * 0.1 + heldUpMs(messagesOut)
        return { device, sentAt: i * 1000, ...sizes, ms, computeMs: 0 }
      })
      read(meter, transits, i * 1000)
    }
    return ten
  }

  it('are not delayed by a way that stops in the middle of a burst', () => {
    const meter = new WayMeter()
    const ten = travelInBursts(meter, () => {
      const stopsAt = random() < 0.3 ? 1 + Math.floor(random() * 10) : 11
      return place => (place >= stopsAt ? 20 : 0)
    })
    for (const device of ten) {
      const link = meter.link(device, 200_000)!
      expect(link.delayMs, device).to.be.below(1)
      // Three in ten bursts stop for 20 ms, some at their end.
      expect(beyondMs(link), device).to.be.within(5 + 3, 5 + 7)
    }
  })

  it('do not stop because devices are late', () => {
    const meter = new WayMeter()
    const ten = travelInBursts(meter, () => () => 20 * exponential())
    const sum = ten.reduce((all, device) => all + beyondMs(meter.link(device, 200_000)!), 0)
    expect(sum / 10).to.be.within(5 - 2, 5 + 3)
  })

  it('cost what messages wait for each other in all, not in the best case', () => {
    const meter = new WayMeter()
    const ten = travelInBursts(meter, () => {
      const eachMs = 2 * random()
      return place => place * eachMs
    })
    const delays = ten.map(device => meter.link(device, 200_000)!.delayMs)
    expect(delays.reduce((sum, ms) => sum + ms, 0) / ten.length).to.be.below(0.5)
    expect(meter.shared(200_000)!.perMessageMs).to.be.within(0.7, 1.5)
  })

  it('tell delays that grow with what was computed from those that do not', () => {
    for (const [alwaysMs, lateness] of [
      [20, 0],
      [0, 1],
    ] as const) {
      const meter = new WayMeter()
      for (let i = 0; i < 300; i++) {
        const computeMs = [10, 20, 40, 60][i % 4]!
        const transits = devices.map((device): Transit => {
          const lateMs = (alwaysMs + lateness * computeMs) * exponential()
          const sizes = { messagesOut: 1, bytesOut: 1e4, bytesIn: 1e4, ownBytes: 2e4 }
          return { device, sentAt: i * 1000, ...sizes, ms: 5 + lateMs, computeMs }
        })
        read(meter, transits, i * 1000)
      }
      const links = devices.map(device => meter.link(device, 300_000)!)
      const mean = (of: (link: MeasuredLink) => number) =>
        links.reduce((sum, link) => sum + of(link), 0) / links.length
      expect(2 * mean(link => link.delayMs)).to.be.closeTo(alwaysMs, 5)
      expect(mean(link => link.lateness)).to.be.closeTo(lateness, 0.25)
    }
  })

  /** Small messages to ten devices, of which only the first results are waited for. */
  function travelCutOff(meter: WayMeter, needed: number, delayMs: (device: string) => number) {
    const ten = Array.from({ length: 10 }, (_, i) => `pi-${i + 1}`)
    for (let i = 0; i < 600; i++) {
      const sentAt = i * 1000
      const transits = ten.map((device, at): Transit => {
        const messagesOut = at + 1
        const sizes = { messagesOut, bytesOut: messagesOut * 1e4, bytesIn: 1e4, ownBytes: 2e4 }
        // In the beginning all is calm and everybody is waited for.
        const ms = 5 + messagesOut * 0.1 + (i < 20 ? 0 : delayMs(device))
        return { device, sentAt, ...sizes, ms, computeMs: 10 }
      })
      const sorted = transits.toSorted((a, b) => a.ms - b.ms)
      const waited = i < 20 ? 10 : needed
      read(meter, sorted.slice(0, waited), sentAt)
      const { ms } = sorted[waited - 1]!
      for (const late of sorted.slice(waited)) meter.cutOff({ ...late, ms }, sentAt + ms)
    }
    return ten.map(device => {
      const { delayMs, lateness } = meter.link(device, 600_000)!
      return 2 * delayMs + 10 * lateness
    })
  }

  it('are as late as they are, however few are waited for', () => {
    for (const needed of [10, 9, 6, 3, 2]) {
      const delays = travelCutOff(new WayMeter(), needed, () => 20 * exponential())
      const meanMs = delays.reduce((sum, ms) => sum + ms, 0) / delays.length
      expect(meanMs, `${needed} of 10`).to.be.closeTo(20, 3)
    }
  })

  it('are no later than it would save not to wait for the last', () => {
    const meter = new WayMeter()
    const ten = travelInBursts(meter, () => {
      // The coordinator reads nothing for 20 ms, so that half of the results come late, and together.
      const places = Array.from({ length: 10 }, (_, i) => ({ place: i + 1, by: random() }))
      const late = new Set(
        places
          .sort((a, b) => a.by - b.by)
          .slice(5)
          .map(({ place }) => place),
      )
      return place => (late.has(place) ? 20 : 0)
    })
    for (const device of ten) {
      expect(meter.link(device, 200_000)!.delayMs, device).to.be.below(1)
    }
  })

  it('are late where nobody waits for them any more', () => {
    for (const late of ['pi-1', 'pi-5', 'pi-10']) {
      const ofLate = (device: string) => (device === late ? 60 * exponential() : exponential())
      const delays = travelCutOff(new WayMeter(), 9, ofLate)
      for (const [i, ms] of delays.entries()) {
        const [least, most] = late === `pi-${i + 1}` ? [5, 100] : [0, 3]
        expect(ms, `pi-${i + 1} beside ${late}`).to.be.within(least, most)
      }
    }
  })

  it('are late where two fall silent at a time until others have done their work', () => {
    const meter = new WayMeter()
    const ten = Array.from({ length: 10 }, (_, i) => `pi-${i + 1}`)
    for (let i = 0; i < 600; i++) {
      const sentAt = i * 1000
      const first = Math.floor(random() * 10)
      const silent = i >= 20 && i % 2 === 0 ? [ten[first], ten[(first + 5) % 10]] : []
      const transits = ten.map((device, at): Transit => {
        const messagesOut = at + 1
        const sizes = { messagesOut, bytesOut: messagesOut * 1e4, bytesIn: 1e4, ownBytes: 2e4 }
        return { device, sentAt, ...sizes, ms: 5 + messagesOut * 0.1, computeMs: 10 }
      })
      const isSilent = ({ device }: Transit) => silent.includes(device)
      read(
        meter,
        transits.filter(transit => !isSilent(transit)),
        sentAt,
      )
      for (const late of transits.filter(isSilent)) {
        meter.cutOff({ ...late, ms: 300 }, sentAt + 300)
      }
    }
    // Each is waited for in vain in a tenth of the bursts, and comes in the others.
    const links = ten.map(device => meter.link(device, 600_000)!)
    const sumMs = links.reduce((sum, { delayMs, lateness }) => sum + 2 * delayMs + 10 * lateness, 0)
    expect(sumMs / 10).to.be.closeTo(300 / 9, 10)
  })

  it('say nothing of how late they are before anything has come back', () => {
    const meter = new WayMeter()
    const sizes = { messagesOut: 1, bytesOut: 1e4, bytesIn: 1e4, ownBytes: 2e4 }
    const transit = { device: 'pi-9', sentAt: 0, ...sizes, ms: 50, computeMs: 10 }
    expect(meter.cutOff(transit, 50)).to.equal(false)
    travel(meter, () => 0)
    expect(meter.cutOff(transit, 60_050), 'a device that is new').to.equal(false)
    expect(meter.cutOff({ ...transit, device: 'pi-1' }, 60_050), 'a new size').to.equal(false)
    const known = { ...transit, device: 'pi-1', ownBytes: 700e3 }
    expect(meter.cutOff(known, 60_050)).to.equal(true)
  })

  it('are never delayed by less than nothing', () => {
    for (let i = 0; i < 300; i++) {
      const meter = new WayMeter()
      for (let at = 0; at < 24; at++) {
        const computeMs = at % 2 === 0 ? 10 * random() : 30 + random()
        const transits = devices.map((device): Transit => {
          const sizes = { messagesOut: 1, bytesOut: 1e4, bytesIn: 1e4, ownBytes: 2e4 }
          const lateMs = at % 2 === 0 ? 0 : computeMs * exponential()
          return { device, sentAt: at * 1000, ...sizes, ms: 5 + lateMs, computeMs }
        })
        read(meter, transits, at * 1000)
      }
      for (const device of devices) expect(meter.link(device, 24_000)!.delayMs).to.be.at.least(0)
    }
  })

  it('are not delayed by what holds up all of them', () => {
    const meter = new WayMeter()
    let pauseMs = 0
    travel(meter, device => {
      if (device === 'pi-1') pauseMs = random() < 0.3 ? 50 : 0
      return pauseMs
    })
    for (const device of devices) {
      expect(meter.link(device, 60_000)!.delayMs, device).to.be.below(4)
    }
  })

  it('are not delayed by results that queue behind each other', () => {
    const meter = new WayMeter()
    const hopMs = (bytes: number) => hop.perMessageMs + (bytes / hop.bytesPerS) * 1000
    let [queuedMs, results] = [0, 0]
    for (let i = 0; i < 90; i++) {
      const { out, in: bytesIn } = [...stages, { out: 10e3, in: 500e3 }][i % 4]!
      const order = devices.toSorted(() => random() - 0.5)
      let freeAt = 0
      const transits = order.map((device, position): Transit => {
        const messagesOut = position + 1
        const readyMs = messagesOut * hopMs(out) + 5
        const ms = Math.max(readyMs, freeAt) + hopMs(bytesIn)
        queuedMs += Math.max(0, freeAt - readyMs)
        results += 1
        freeAt = ms
        const sizes = { bytesOut: messagesOut * out, bytesIn, ownBytes: out + bytesIn }
        return { device, sentAt: i * 1000, messagesOut, ...sizes, ms, computeMs: 0 }
      })
      read(meter, transits, i * 1000)
    }
    const delays = devices.map(device => meter.link(device, 90_000)!.delayMs)
    const uncorrectedMs = queuedMs / results / 2
    expect(delays.reduce((sum, ms) => sum + ms, 0) / delays.length).to.be.below(uncorrectedMs / 3)
  })

  it('are unknown before anything has travelled, and again long after', () => {
    const meter = new WayMeter()
    expect(meter.shared(0)).to.equal(undefined)
    travel(meter, () => 0)
    expect(meter.shared(650_000)).to.be.an('object')
    expect(meter.shared(670_000)).to.equal(undefined)
    expect(meter.link('pi-1', 670_000)).to.equal(undefined)
  })
})

describe('failures', () => {
  function run(meter: FailureMeter, subtasks: number, every: number): void {
    for (let i = 1; i <= subtasks; i++) {
      meter.sent(100)
      if (i % every === 0) meter.failed()
    }
  }

  it('are none before any was seen, and one in little time is not taken for the rule', () => {
    const meter = new FailureMeter()
    expect(meter.perS).to.equal(0)
    meter.sent(100)
    meter.failed()
    expect(meter.perS).to.be.within(0.005, 0.02)
  })

  it('are counted per second of computing, and forgotten when there are none any more', () => {
    const meter = new FailureMeter()
    run(meter, 50_000, 100)
    expect(meter.perS / 0.1).to.be.closeTo(1, 0.1)
    run(meter, 100_000, Number.POSITIVE_INFINITY)
    expect(meter.perS).to.be.below(0.001)
  })
})

describe('a measured fleet', () => {
  it('puts the fastest first and takes who is unknown for one like the others', () => {
    const speedOf = (flopsPerS: number) =>
      new SpeedMeter({ flopsPerS, memoryBytesPerS: 1e9 }).measured
    const device = (name: string, flopsPerS?: number) => ({
      ...{ name, link: undefined, speed: flopsPerS ? speedOf(flopsPerS) : undefined },
    })
    const around = { speed: speedOf(7e9), perDecodeMs: 3, failuresPerS: 0.02 }
    const given = [device('hot', 5e9), device('new'), device('fast', 80e9), device('same', 8e9)]
    const { devices, coordinator } = measuredFleet(given, { ...around, way: undefined })
    expect(devices.map(({ name }) => name)).to.deep.equal(['fast', 'new', 'same', 'hot'])
    for (const { failuresPerS } of devices) expect(failuresPerS).to.equal(0.02)
    expect(devices[1]!.flopsPerS, 'as is usual here').to.equal(8e9)
    const [alone] = measuredFleet([device('new')], { ...around, way: undefined }).devices
    expect(alone!.flopsPerS, 'as the coordinator').to.equal(7e9)
    expect(coordinator).to.include({ flopsPerS: 7e9, memoryBytesPerS: 1e9, perDecodeMs: 3 })
    const way = { bytesPerS: 3e7, perMessageMs: 2 }
    const known = measuredFleet(given, { ...around, way }).coordinator
    expect(known.hop).to.deep.equal(way)
    expect(known.nic.bytesPerS, 'part of the way').to.equal(Number.POSITIVE_INFINITY)
  })
})
