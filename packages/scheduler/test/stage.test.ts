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
    expect(asked).to.deep.equal(['0,1,2,3', '0,1,2', '2', '0,2'])
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
        { row: 2, attempt: 1, device: 'pi-3', expiresAt: 4000, expired: false },
        { row: 3, attempt: 1, device: 'pi-2', expiresAt: 4010, expired: false },
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
})
