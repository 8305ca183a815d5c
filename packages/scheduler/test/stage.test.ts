import { Stage } from '@cocoi/scheduler'
import { expect } from 'chai'
import { realCode } from './real-code.ts'

const limits = { maxOutstanding: 1, subtaskTimeoutMs: 4000, deadlineAt: 10_000, local: false }
const devices = ['pi-1', 'pi-2', 'pi-3', 'pi-4']

describe('Stage', () => {
  it('asks whether rows can be decoded once for every set of them', () => {
    const { decodable, ...code } = realCode({ type: 'mds', n: 4, k: 2 })
    const asked: string[] = []
    const spy = (rows: readonly number[]) => {
      asked.push(rows.join())
      return decodable(rows)
    }
    const stage = new Stage({ ...code, ...limits, decodable: spy, devices })
    stage.step({ type: 'start' }, 0)
    for (let now = 1; now < 50; now++) {
      stage.step({ type: 'device-suspect', device: 'pi-4' }, now)
      stage.step({ type: 'device-available', device: 'pi-4' }, now)
    }
    stage.step({ type: 'result', row: 2, attempt: 1, device: 'pi-3' }, 50)
    stage.step({ type: 'result', row: 0, attempt: 1, device: 'pi-1' }, 51)
    expect(asked).to.deep.equal(['0,1,2,3', '', '0', '0,1', '0,1,2', '2', '0,2'])
  })

  it('shows where it stands without letting anybody change it', () => {
    const code = realCode({ type: 'uncoded', k: 4 })
    const stage = new Stage({ ...code, ...limits, devices: ['pi-1', 'pi-2', 'pi-3'] })
    stage.step({ type: 'start' }, 0)
    stage.step({ type: 'result', row: 1, attempt: 1, device: 'pi-2' }, 10)
    stage.step({ type: 'device-lost', device: 'pi-1' }, 20)
    stage.step({ type: 'device-suspect', device: 'pi-1' }, 21)
    stage.step({ type: 'device-lost', device: 'a stranger' }, 22)
    stage.step({ type: 'device-suspect', device: 'pi-3' }, 30)
    const snapshot = stage.snapshot()
    expect(snapshot).to.deep.equal({
      phase: 'running',
      received: [1],
      outstanding: [
        { row: 2, attempt: 1, device: 'pi-3', expiresAt: 4000, overdue: false, expired: false },
        { row: 3, attempt: 1, device: 'pi-2', expiresAt: 4010, overdue: false, expired: false },
      ],
      waiting: [],
      devices: { 'pi-1': 'lost', 'pi-2': 'live', 'pi-3': 'suspect' },
    })
    expect(snapshot).to.be.frozen
  })

  it('keeps a result that arrives after the deadline but before anybody looked', () => {
    const stage = new Stage({ ...realCode({ type: 'uncoded', k: 1 }), ...limits, devices })
    stage.step({ type: 'start' }, 0)
    const effects = stage.step({ type: 'result', row: 0, attempt: 1, device: 'pi-1' }, 10_001)
    expect(effects).to.deep.equal([{ type: 'complete', late: [] }])
  })

  it('gives devices of an uneven fleet as many rows as they have places', () => {
    const code = realCode({ type: 'mds', n: 8, k: 6 })
    const places = { 'pi-1': 4, 'pi-2': 2, 'pi-3': 2, 'pi-4': 0 }
    const stage = new Stage({ ...code, ...limits, devices, places })
    stage.step({ type: 'start' }, 0)
    const rowsOf = () =>
      devices.map(
        name => stage.snapshot().outstanding.filter(({ device }) => device === name).length,
      )
    expect(rowsOf()).to.deep.equal([4, 2, 2, 0])
    for (const { row, attempt, device } of stage.snapshot().outstanding.slice(0, 2)) {
      stage.step({ type: 'result', row, attempt, device }, 10)
    }
    stage.step({ type: 'device-lost', device: 'pi-2' }, 20)
    expect(rowsOf(), 'the six that are left span').to.deep.equal([2, 0, 2, 0])
    stage.step({ type: 'device-lost', device: 'pi-3' }, 20)
    expect(rowsOf(), 'lost rows go where most places are free').to.deep.equal([4, 0, 0, 0])
    stage.step({ type: 'device-lost', device: 'pi-1' }, 30)
    expect(rowsOf(), 'a device without a share steps in').to.deep.equal([0, 0, 0, 1])
  })

  it('serves a thousand devices', () => {
    const names = Array.from({ length: 1000 }, (_, i) => `pi-${i}`)
    const stage = new Stage({ ...realCode({ type: 'uncoded', k: 250 }), ...limits, devices: names })
    const sent = stage.step({ type: 'start' }, 0)
    const used = new Set(sent.flatMap(effect => (effect.type === 'dispatch' ? effect.device : [])))
    expect(used.size).to.equal(250)
    for (const { row, attempt, device } of stage.snapshot().outstanding) {
      stage.step({ type: 'result', row, attempt, device }, 10)
    }
    expect(stage.snapshot().phase).to.equal('complete')
  })
})
