import { BusyDevices } from '@cocoi/scheduler'
import { expect } from 'chai'

const names = ['pi-1', 'pi-2', 'pi-3']
const alike = () => 100

describe('devices at work', () => {
  it('are asked after idle ones, until they have answered', () => {
    const busy = new BusyDevices()
    busy.sent('pi-1', 100, 0)
    expect(busy.byEnd(names, alike, 10)).to.deep.equal(['pi-2', 'pi-3', 'pi-1'])
    busy.answered('pi-1', 60)
    expect(busy.byEnd(names, alike, 60)).to.deep.equal(names)
  })

  it('finish what was cancelled: they count as busy until they should be through', () => {
    const busy = new BusyDevices()
    busy.sent('pi-1', 100, 0)
    busy.dropped('pi-1', 20)
    expect(busy.byEnd(names, alike, 30)).to.deep.equal(['pi-2', 'pi-3', 'pi-1'])
    expect(busy.byEnd(names, alike, 100)).to.deep.equal(names)
  })

  it('are preferred all the same where they are so fast that they are through first', () => {
    const busy = new BusyDevices()
    const msOn = (device: string) => (device === 'pi-2' ? 10 : 100)
    expect(busy.byEnd(names, msOn, 0)).to.deep.equal(['pi-2', 'pi-1', 'pi-3'])
    busy.sent('pi-2', 10, 0)
    expect(busy.byEnd(names, msOn, 0)[0]).to.equal('pi-2')
    for (let i = 0; i < 10; i++) busy.sent('pi-2', 10, 0)
    expect(busy.byEnd(names, msOn, 0)[0]).to.equal('pi-1')
  })

  it('that were asked twice are busy until both are answered', () => {
    const busy = new BusyDevices()
    busy.sent('pi-1', 100, 0)
    busy.sent('pi-1', 100, 0)
    busy.answered('pi-1', 90)
    expect(busy.byEnd(names, alike, 150).at(-1)).to.equal('pi-1')
    busy.answered('pi-1', 190)
    expect(busy.byEnd(names, alike, 190)).to.deep.equal(names)
  })

  it('are known by what they owe, and by what they may still be at', () => {
    const busy = new BusyDevices()
    expect(busy.isBusy('a', 0)).to.equal(false)
    busy.sent('a', 10, 0)
    expect(busy.isBusy('a', 20), 'it owes an answer').to.equal(true)
    busy.dropped('a', 5)
    expect(busy.isBusy('a', 5), 'it may have begun').to.equal(true)
    expect(busy.isBusy('a', 20)).to.equal(false)
  })

  it('that were lost come back with nothing to do', () => {
    const busy = new BusyDevices()
    busy.sent('pi-1', 100, 0)
    busy.lost('pi-1')
    busy.answered('pi-1', 10)
    expect(busy.byEnd(names, alike, 20)).to.deep.equal(names)
  })
})
