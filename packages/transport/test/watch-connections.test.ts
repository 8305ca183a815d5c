import { MemoryBroker, watchConnections } from '@cocoi/transport'
import { expect } from 'chai'
import { connection } from './mailbox.ts'

describe('the connections of an agent', () => {
  it('are complete when both are up, and incomplete when only data is lost', async () => {
    const broker = new MemoryBroker()
    const control = broker.connect({ clientId: 'pi-1-control' })
    const session = await connection(control)
    const data = broker.connect({ clientId: 'pi-1-data' })
    const news: string[] = []
    watchConnections(
      { control, data },
      {
        onComplete: session => news.push(`complete ${session}`),
        onIncomplete: () => news.push('incomplete'),
      },
    )
    expect(news).to.deep.equal([])
    await connection(data)
    data.sever()
    await connection(data)
    control.sever()
    const renewed = await connection(control)
    expect(news).to.deep.equal([
      `complete ${session}`,
      'incomplete',
      `complete ${session}`,
      `complete ${renewed}`,
    ])
    expect(renewed).to.be.above(session)
    await Promise.all([control.close(), data.close()])
  })

  it('are complete with the third one, where there is one', async () => {
    const broker = new MemoryBroker()
    const [control, data] = ['control', 'data'].map(name => broker.connect({ clientId: name }))
    const session = await connection(control!)
    await connection(data!)
    const requests = broker.connect({ clientId: 'requests' })
    const news: string[] = []
    watchConnections(
      { control: control!, data: data!, requests },
      {
        onComplete: session => news.push(`complete ${session}`),
        onIncomplete: () => news.push('incomplete'),
      },
    )
    expect(news).to.deep.equal([])
    await connection(requests)
    requests.sever()
    await connection(requests)
    expect(news).to.deep.equal([`complete ${session}`, 'incomplete', `complete ${session}`])
    await Promise.all([control!.close(), data!.close(), requests.close()])
  })
})
