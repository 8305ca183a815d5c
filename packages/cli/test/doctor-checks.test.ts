import {
  checkClocks,
  checkFleet,
  checkLink,
  checkMachine,
  checkPlatform,
  type Finding,
  type FleetView,
  type MachineState,
} from '@cocoi/cli'
import type { DeviceHealth } from '@cocoi/protocol'
import { expect } from 'chai'

const severities = (findings: readonly Finding[]) =>
  Object.fromEntries(findings.map(({ check, severity }) => [check, severity]))
const wrong = (findings: readonly Finding[]) =>
  findings.filter(({ severity }) => severity !== 'ok').map(({ message }) => message)

const raspberryPiOs = { arch: 'arm64', machine: 'aarch64', platform: 'linux', node: '22.12.0' }
const wellPi: MachineState = {
  temperatureC: 48.5,
  throttled: [],
  clock: { hz: 600e6, maxHz: 1800e6 },
  wifi: { interface: 'wlan0', signalDbm: -50 },
  disk: { freeBytes: 20e9, totalBytes: 30e9 },
  memory: { freeBytes: 3e9, totalBytes: 4e9 },
}

describe('doctor', () => {
  it('finds nothing wrong with a 64-bit Raspberry Pi that is well', () => {
    expect(wrong([...checkPlatform(raspberryPiOs), ...checkMachine(wellPi)])).to.deep.equal([])
  })

  it('tells a 32-bit system from 32-bit programs on a 64-bit kernel', () => {
    const programs = checkPlatform({ ...raspberryPiOs, arch: 'arm' })[0]!
    expect(programs).to.include({ check: 'system', severity: 'failure' })
    expect(programs.message).to.include(
      'the kernel is 64-bit (aarch64) but the programs are 32-bit',
    )
    const system = checkPlatform({ ...raspberryPiOs, arch: 'arm', machine: 'armv7l' })[0]!
    expect(system.message).to.include('a 32-bit system (armv7l)')
    expect(system.fix).to.include('64-bit Raspberry Pi OS')
  })

  for (const [node, severity] of Object.entries({
    ...{ '18.20.4': 'failure', '20.18.1': 'failure', '20.19.0': 'ok' },
    ...{ '21.7.3': 'failure', '22.11.0': 'failure', '22.12.0': 'ok', '24.0.0': 'ok' },
  })) {
    it(`takes Node.js ${node} for ${severity === 'ok' ? 'new enough' : 'too old'}`, () => {
      expect(checkPlatform({ ...raspberryPiOs, node })[1]).to.include({ severity })
    })
  }

  it('blames the power supply for throttling under low voltage, and heat where the voltage is right', () => {
    const low = checkMachine({ ...wellPi, throttled: ['under-voltage', 'throttled-past'] })
    expect(severities(low)).to.include({ power: 'warning' }).and.not.have.property('heat')
    expect(wrong(low)).to.deep.equal(['under-voltage now, which slows the processor down'])
    const hot = checkMachine({ ...wellPi, throttled: ['throttled-past'] })
    expect(severities(hot)).to.include({ power: 'ok', heat: 'warning' })
    const both = ['under-voltage-past', 'soft-temperature-limit']
    expect(severities(checkMachine({ ...wellPi, throttled: both }))).to.include({
      power: 'warning',
      heat: 'warning',
    })
  })

  it('says nothing about what a machine does not tell', () => {
    expect(checkMachine({ memory: { freeBytes: 3e9 } }).map(({ check }) => check)).to.deep.equal([
      'memory',
    ])
  })

  it('warns of heat, weak Wi-Fi and little memory, and fails without disk', () => {
    const findings = checkMachine({
      ...{ temperatureC: 81, throttled: [], wifi: { interface: 'wlan0', signalDbm: -80 } },
      ...{ memory: { freeBytes: 1e8 }, disk: { freeBytes: 1e7, totalBytes: 1e9 } },
    })
    expect(severities(findings)).to.deep.equal({
      ...{ power: 'ok', temperature: 'warning', memory: 'warning', disk: 'failure' },
      ...{ 'Wi-Fi': 'warning' },
    })
  })

  it('gives a fix for everything that is wrong', () => {
    const findings = [
      ...checkPlatform({ ...raspberryPiOs, arch: 'mips', node: '18.0.0' }),
      ...checkMachine({ memory: { freeBytes: 1 }, disk: { freeBytes: 1, totalBytes: 2 } }),
      ...checkClocks([{ who: 'pi1', aheadMs: 1e6 }]),
      ...checkLink({ roundTripMs: 90, largestBytes: 1024, bytesPerS: 1, end: 'no echo' }, 4096),
    ]
    expect(findings.length).to.be.above(5)
    for (const { message, fix } of findings) expect(fix, message).to.be.a('string')
  })

  describe('with clocks', () => {
    const day = 24 * 3_600_000

    it('is content within a few seconds', () => {
      const readings = [
        { who: 'pi1', aheadMs: -900 },
        { who: 'pi2', aheadMs: 4000 },
      ]
      expect(severities(checkClocks(readings))).to.deep.equal({ clock: 'ok' })
    })

    it('blames the clock here when all others agree', () => {
      const others = ['pi1', 'pi2', 'pi3'].map(who => ({ who, aheadMs: 365 * day }))
      const [finding, ...more] = checkClocks(others)
      expect(more).to.deep.equal([])
      expect(finding).to.include({ severity: 'failure' })
      expect(finding!.message).to.equal('the clock of this machine is 365 days behind most others')
    })

    it('names the one whose clock is off', () => {
      const readings = [
        { who: 'pi1', aheadMs: 10 },
        { who: 'pi2', aheadMs: -600_000 },
        { who: 'pi3', aheadMs: -20 },
      ]
      const message = 'the clock of pi2 is 10 minutes behind most others'
      expect(wrong(checkClocks(readings))).to.deep.equal([message])
    })

    it('does not know when nobody tells the time', () => {
      expect(severities(checkClocks([]))).to.deep.equal({ clock: 'unknown' })
    })
  })

  describe('with a link', () => {
    const report = { roundTripMs: 1, largestBytes: 4096, bytesPerS: 9e6 }

    it('fails when the broker lets less through than everybody takes for granted', () => {
      const findings = checkLink({ ...report, end: 'connection lost' }, 16384)
      expect(severities(findings)).to.deep.equal({ 'message size': 'failure', link: 'ok' })
      expect(findings[0]!.fix).to.include('set mqtt.maxPayloadBytes to 4096 on every machine')
    })

    it('warns of a slow one, and does not fail for what it did not try', () => {
      const slow = { ...report, bytesPerS: 1e5, end: 'slow' } as const
      expect(severities(checkLink(slow, 16384))).to.deep.equal({
        'message size': 'unknown',
        link: 'warning',
      })
    })
  })

  describe('with a fleet', () => {
    const session = 1
    const since = '2026-01-01T00:00:00.000Z'
    const online = { state: 'online', session, since, version: '1.0.0' } as const
    const health = {
      ...{ session, seq: 1, uptimeS: 1, eventLoopLagMs: 0, throttled: ['under-voltage-past'] },
      memory: { rssBytes: 1, freeBytes: 3e9 },
      queue: { waiting: 0, running: 0 },
      subtasks: { done: 0, failed: 0, cancelled: 0, expired: 0 },
    } satisfies DeviceHealth
    const view: FleetView = {
      coordinator: { status: online, isLive: true, clockAheadMs: 0 },
      devices: new Map([['pi1', { status: online, isLive: true, clockAheadMs: 0 }]]),
      unreadable: [],
      watchedMs: 4000,
    }
    const observer = { version: '1.0.0', device: 'pi9' }

    it('is content when everybody is there', () => {
      expect(wrong(checkFleet(view, observer))).to.deep.equal([])
    })

    it('fails without a coordinator that is alive', () => {
      for (const coordinator of [
        { isLive: false },
        { isLive: false, status: online },
        { isLive: false, status: { ...online, state: 'stopped' } as const },
      ]) {
        const findings = checkFleet({ ...view, coordinator }, observer)
        expect(severities(findings)).to.include({ coordinator: 'failure' })
      }
    })

    it('names devices that are lost, and those that say they are online and are silent', () => {
      const devices = new Map([
        ['pi1', { status: online, isLive: false }],
        ['pi2', { status: { ...online, state: 'offline' } as const, isLive: false }],
        ['pi3', { status: { ...online, state: 'stopped' } as const, isLive: false }],
      ])
      expect(wrong(checkFleet({ ...view, devices }, observer))).to.deep.equal([
        'none is at work',
        'pi1 says it is online, but has sent no heartbeat for 4.0 s',
        `pi2 is lost since ${since}`,
      ])
    })

    it('names those that run another version', () => {
      const findings = checkFleet(view, { ...observer, version: '1.1.0' })
      const message = 'here it is 1.1.0, but pi1 1.0.0, the coordinator 1.0.0'
      expect(wrong(findings)).to.deep.equal([message])
    })

    it('tells what heartbeats tell of the power of devices, its own machine included', () => {
      const devices = new Map([['pi1', { status: online, isLive: true, clockAheadMs: 0, health }]])
      const message = 'pi1: under-voltage before, which slows the processor down'
      for (const device of ['pi9', 'pi1']) {
        const findings = checkFleet({ ...view, devices }, { ...observer, device })
        expect(wrong(findings), device).to.deep.equal([message])
      }
    })
  })
})
