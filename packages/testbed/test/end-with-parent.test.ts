import { once } from 'node:events'
import { expect } from 'chai'
import { Puppets } from './puppets.ts'

describe('the daemons of a cluster', () => {
  let puppets: Puppets

  beforeEach(async () => {
    puppets = await Puppets.open()
  })
  afterEach(() => puppets.close())

  /** A process that holds a cluster. */
  async function held() {
    const parent = puppets.spawn('hold', puppets.options(1))
    const [coordinator] = [await puppets.take('coordinator'), await puppets.takeOnline('pi1')]
    await coordinator.say('ready {}')
    await once(parent.stdout!, 'data')
    return parent
  }
  const allEnded = () => Promise.all(puppets.all.map(({ ended }) => ended))

  it('are stopped when their parent is interrupted, which then ends as it would have', async () => {
    const parent = await held()
    parent.kill('SIGINT')
    const [, signal] = await once(parent, 'exit')
    expect(signal).to.equal('SIGINT')
    await allEnded()
  })

  it('end when their parent is killed', async () => {
    const parent = await held()
    parent.kill('SIGKILL')
    await allEnded()
  })

  it('end when their parent exits, also one that would not notice', async () => {
    const parent = await held()
    await Promise.all(puppets.all.map(puppet => puppet.goDeaf()))
    parent.stdin!.write('exit')
    const [code] = await once(parent, 'exit')
    expect(code).to.equal(0)
    await allEnded()
  })

  it('end when their parent is interrupted before all are ready', async () => {
    const parent = puppets.spawn('hold', puppets.options(1))
    await Promise.all(['coordinator', 'pi1'].map(name => puppets.take(name)))
    parent.kill('SIGTERM')
    await once(parent, 'exit')
    await allEnded()
  })
})
