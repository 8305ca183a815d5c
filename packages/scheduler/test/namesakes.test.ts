import { Namesakes } from '@cocoi/scheduler'
import { expect } from 'chai'

const [a, b, c] = ['a', 'b', 'c'].map(letter => letter.repeat(16)) as [string, string, string]

describe('namesakes', () => {
  /** What becomes of processes that come online in this order under one name. */
  function hear(...instances: string[]) {
    const namesakes = new Namesakes()
    return instances.map(instance => namesakes.hear('pi1', instance))
  }

  it('are not one device that reconnects or is started anew', () => {
    expect(hear(a, a, b, b, c)).to.deep.equal([[], [], [], [], []])
  })

  it('are found when one comes back that was there before another, which has to go', () => {
    expect(hear(a, b, a)[2]).to.deep.equal([{ instance: b, isNew: true }])
  })

  it('have to go all that came later', () => {
    const told = hear(a, b, c, a)[3]
    expect(told).to.deep.equal([
      { instance: b, isNew: true },
      { instance: c, isNew: true },
    ])
  })

  it('are told again if they are still there, while the first one is left in peace', () => {
    expect(hear(a, b, a, b, a).slice(3)).to.deep.equal([[{ instance: b, isNew: false }], []])
  })

  it('may not be taken for each other where the names differ', () => {
    const namesakes = new Namesakes()
    namesakes.hear('pi1', a)
    namesakes.hear('pi1', b)
    expect(namesakes.hear('pi2', a)).to.deep.equal([])
  })

  it('are remembered in bounded numbers', () => {
    const namesakes = new Namesakes()
    namesakes.hear('pi1', a)
    for (let i = 0; i < 1000; i++) namesakes.hear('pi1', i.toString(16).padStart(16, '0'))
    // Forgotten, so it is somebody new.
    expect(namesakes.hear('pi1', a)).to.deep.equal([])
  })
})
