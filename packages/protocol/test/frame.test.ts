import {
  decodeFrame,
  encodeFrame,
  mayPublish,
  maySubscribe,
  ProtocolError,
  topics,
} from '@cocoi/protocol'
import { expect } from 'chai'

const header = {
  type: 'subtask',
  plan: 'p1',
  inference: 'i1',
  stage: 2,
  row: 5,
  attempt: 0,
  timeoutMs: 1000,
} as const
const data = Uint8Array.from({ length: 24 }, (_, i) => i)
const frame = encodeFrame(header, [{ type: 'float32', dims: [2, 3], data }])

describe('frame', () => {
  it('returns header and tensors as they were', () => {
    const { header: got, tensors } = decodeFrame(frame)
    expect(got).to.deep.equal(header)
    expect(tensors.map(({ type, dims }) => ({ type, dims: [...dims] }))).to.deep.equal([
      { type: 'float32', dims: [2, 3] },
    ])
    expect([...tensors[0]!.data]).to.deep.equal([...data])
  })

  it('reads a frame at any offset of a larger buffer', () => {
    for (let offset = 0; offset < 8; offset++) {
      const buffer = new Uint8Array(frame.length + offset)
      buffer.set(frame, offset)
      const [tensor] = decodeFrame(buffer.subarray(offset)).tensors
      expect([...tensor!.data]).to.deep.equal([...data])
    }
  })

  it('answers every cut or damaged frame with a value or a ProtocolError', () => {
    let refused = 0
    for (let i = 0; i < 5000; i++) {
      const damaged = frame.slice(0, i % 3 === 0 ? (i * 7) % frame.length : frame.length)
      if (damaged.length > 0) damaged[(i * 31) % damaged.length]! ^= 1 + (i % 255)
      try {
        decodeFrame(damaged)
      } catch (error) {
        expect(error).to.be.instanceOf(ProtocolError)
        refused++
      }
    }
    expect(refused).to.be.above(1000)
  })
})

describe('access rules', () => {
  const all = topics()
  const device = { role: 'device', id: 'pi-1' } as const

  it('let a device speak for itself only', () => {
    expect(mayPublish(device, 'cocoi', all.deviceStatus({ device: 'pi-1' }))).to.equal(true)
    expect(mayPublish(device, 'cocoi', all.deviceStatus({ device: 'pi-2' }))).to.equal(false)
    expect(mayPublish(device, 'cocoi', all.subtasks({ device: 'pi-1' }))).to.equal(false)
  })

  it('refuse filters that cover more than their owner may read', () => {
    expect(maySubscribe(device, 'cocoi', all.subtasks({ device: 'pi-1' }))).to.equal(true)
    for (const filter of ['#', 'cocoi/#', 'cocoi/devices/+/subtasks', '$share/g/cocoi/events']) {
      expect(maySubscribe(device, 'cocoi', filter), filter).to.equal(false)
    }
  })
})
