import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect } from 'chai'
import sharp from 'sharp'
import { type Lines, mosquittoMissing, mosquittoPub, mosquittoSub } from '../helpers/mosquitto.ts'
import { type Floats, relativeError, tolerance } from '../helpers/plain-onnxruntime.ts'
import { seededInput, smallNetwork } from '../helpers/small-network.ts'
import { startVirtualCluster, type VirtualCluster } from '../helpers/virtual-cluster.ts'

const missing = mosquittoMissing('mosquitto_pub', 'mosquitto_sub')

describe(`a sensor that knows nothing but MQTT${missing ? ` (skipped: ${missing})` : ''}`, function () {
  this.timeout(60_000)
  let cluster: VirtualCluster
  let results: Lines

  before(async function () {
    if (missing) return this.skip()
    const labels = Array.from({ length: 10 }, (_, i) => `thing ${i}`)
    cluster = await startVirtualCluster({
      devices: 3,
      models: { things: { model: smallNetwork(), labels } },
    })
    results = await mosquittoSub(cluster.url, 'cocoi/result/cam1', 'cocoi/result/cam1/+')
  })

  after(async () => {
    await results?.end()
    await cluster?.stop()
  })

  async function file(name: string, content: Uint8Array | string): Promise<string> {
    const path = join(cluster.folder, name)
    await writeFile(path, content)
    return path
  }

  const send = (topic: string, path: string) => mosquittoPub(cluster.url, '-t', topic, '-f', path)

  async function result(topic: string) {
    const { text } = await results.next(line => line.topic === topic)
    return JSON.parse(text)
  }

  it('publishes a JPEG and reads ranked classes with their labels', async () => {
    await send('cocoi/infer/things/cam1', await file('photo.jpg', await photo()))
    const { model, top, devices, timing, outputs } = await result('cocoi/result/cam1')
    expect(model).to.equal('things')
    expect(top).to.have.length(5)
    expect(top[0].label).to.equal(`thing ${top[0].index}`)
    expect(top[0].score).to.be.within(top[4].score, 1)
    expect(devices.used).to.have.length.above(0)
    expect(timing.totalMs).to.be.above(0)
    expect(outputs[0]).to.include({ name: 'logits', datatype: 'FP32' })
  })

  it('publishes a tensor as JSON text and reads the answer of plain onnxruntime', async () => {
    const input = seededInput('image', [1, 3, 30, 26], 3)
    const inputs = [{ name: 'image', shape: input.dims, datatype: 'FP32', data: [...input.values] }]
    const request = { inputs, parameters: { transport: 'float32', scheme: 'mds:3,2' } }
    await send('cocoi/infer/things/cam1/r1', await file('tensor.json', JSON.stringify(request)))
    const { request: id, outputs, plan } = await result('cocoi/result/cam1/r1')
    expect(id).to.equal('r1')
    expect(plan).to.include({ scheme: 'mds:3,2', transport: 'float32' })
    const plain = await cluster.plain('things')
    const wanted = (await plain.run(input)).get('logits')!
    await plain.release()
    expect(relativeError(floatsOf(outputs[0]), wanted)).to.be.below(tolerance.float32)
  })

  const failures: Record<string, { topic: string; content: string; code: string; says: RegExp }> = {
    'an image that does not decode': {
      ...{ topic: 'things/cam1/garbage', content: 'this is no image' },
      ...{ code: 'ERR_BAD_IMAGE', says: /not a JPEG, PNG or WebP image/ },
    },
    'a tensor of the wrong shape': {
      topic: 'things/cam1/shape',
      content: '{"inputs":[{"name":"image","shape":[1,3],"datatype":"FP32","data":[1,2,3]}]}',
      ...{ code: 'ERR_WRONG_INPUT', says: /1, 3, 30, 26/ },
    },
    'a model that does not exist': {
      topic: 'thinks/cam1/unknown',
      content: '{"inputs":[{"name":"image","shape":[1],"datatype":"FP32","data":[1]}]}',
      ...{ code: 'ERR_UNKNOWN_MODEL', says: /things/ },
    },
    'text that is no request': {
      ...{ topic: 'things/cam1/text', content: '{"inputs": "none"}' },
      ...{ code: 'ERR_BAD_MESSAGE', says: /inputs/ },
    },
  }

  for (const [what, { topic, content, code, says }] of Object.entries(failures)) {
    it(`is told the code and the reason for ${what}`, async () => {
      await send(`cocoi/infer/${topic}`, await file('failure', content))
      const [, , request] = topic.split('/')
      const answer = await result(`cocoi/result/cam1/${request}`)
      expect(answer).to.have.all.keys('request', 'error')
      expect(answer.error.code).to.equal(code)
      expect(answer.error.message).to.match(says)
    })
  }

  it('sees status and health of everybody and the model, retained', async () => {
    const newcomer = await mosquittoSub(cluster.url, 'cocoi/#')
    const state = async (topic: string): Promise<Record<string, unknown>> => {
      const { text } = await newcomer.next(line => line.retained && line.topic === topic)
      return JSON.parse(text)
    }
    for (const device of ['pi1', 'pi2', 'pi3']) {
      expect(await state(`cocoi/devices/${device}/status`)).to.include({ state: 'online' })
      const health = await state(`cocoi/devices/${device}/health`)
      expect(health).to.include.keys('seq', 'memory', 'queue', 'subtasks', 'eventLoopLagMs')
    }
    expect(await state('cocoi/coordinator/status')).to.include({ state: 'online' })
    const health = await state('cocoi/coordinator/health')
    expect(health.devices).to.deep.equal({ online: 3, suspect: 0 })
    expect(await state('cocoi/models/things')).to.include({ state: 'ready', version: '1' })
    await newcomer.end()
  })
})

function floatsOf(tensor: { name: string; shape: number[]; data: number[] }): Floats {
  return { name: tensor.name, dims: tensor.shape, values: Float32Array.from(tensor.data) }
}

function photo(): Promise<Buffer> {
  const background = { r: 200, g: 120, b: 40 }
  return sharp({ create: { width: 320, height: 240, channels: 3, background } })
    .jpeg()
    .toBuffer()
}
