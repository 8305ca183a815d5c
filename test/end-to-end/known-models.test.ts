import { readFileSync } from 'node:fs'
import { parseModel } from '@cocoi/onnx'
import type { InferenceAnswer } from '@cocoi/protocol'
import { expect } from 'chai'
import sharp from 'sharp'
import { type Box, faces, overlap } from '../helpers/detections.ts'
import {
  asTensor,
  type Floats,
  logitError,
  output,
  relativeError,
  tolerance,
  topClass,
} from '../helpers/plain-onnxruntime.ts'
import {
  type LightModelName,
  lightModelNames,
  lightModelsMissing,
  seededLightModel,
} from '../helpers/seeded-light-model.ts'
import { sharedFile, sharedFilesMissing } from '../helpers/shared-files.ts'
import { seededInput } from '../helpers/small-network.ts'
import { startVirtualCluster, type VirtualCluster } from '../helpers/virtual-cluster.ts'

const transports = ['float16', 'float32'] as const

describe('known classifiers on three device processes', function () {
  this.timeout(120_000)
  const missing = lightModelsMissing()
  let cluster: VirtualCluster

  before(async function () {
    if (missing) return this.skip()
    cluster = await startVirtualCluster({
      devices: 3,
      models: {},
      coordinator: { minIntensity: 32 },
    })
  })

  after(() => cluster?.stop())

  /** Puts a model into the repository of the running cluster; an image and plain onnxruntime's answer. */
  async function install(name: LightModelName): Promise<{ image: Floats; wanted: Floats }> {
    const model = seededLightModel(name, 1)
    await cluster.install(name, { model })
    const image = seededInput(model.graph!.input[0]!.name, [1, 3, 224, 224], 2)
    const plain = await cluster.plain(name)
    const [wanted] = (await plain.run(image)).values()
    await plain.release()
    return { image, wanted: wanted! }
  }

  for (const name of lightModelNames) {
    it(`${name}${missing ? ` (skipped: ${missing})` : ''} answers as plain onnxruntime does`, async () => {
      const { image, wanted } = await install(name)
      // The largest one, 575 MB, once only.
      for (const transport of name === 'vgg19' ? (['float16'] as const) : transports) {
        const parameters = { scheme: 'mds:3,2', transport, deadlineMs: 100_000 }
        const answer = await cluster.client.infer(name, { tensors: [asTensor(image)] }, parameters)
        const got = output(answer, wanted.name)
        expect(answer.stages, 'stages').to.have.length.above(0)
        expect(logitError(got, wanted), transport).to.be.below(tolerance[transport])
        expect(topClass(got)).to.equal(topClass(wanted))
        expect(answer.top?.[0]?.index).to.equal(topClass(wanted))
      }
    })
  }
})

describe('face detection in photos on four device processes', function () {
  this.timeout(60_000)
  const photos = ['images/faces-1.jpg', 'images/faces-11.jpg']
  const missing = sharedFilesMissing(['models/face-rfb-320.onnx', ...photos])
  const title = missing ? ` (skipped: ${missing})` : ''
  let cluster: VirtualCluster

  before(async function () {
    if (missing) return this.skip()
    const model = parseModel(readFileSync(sharedFile('models/face-rfb-320.onnx')))
    const config = { input: { mean: [127, 127, 127], std: [128, 128, 128], scale: 1 } }
    cluster = await startVirtualCluster({ devices: 4, models: { faces: { model, config } } })
  })

  after(() => cluster?.stop())

  for (const photo of photos) {
    for (const transport of transports) {
      it(`finds the same faces in ${photo} with ${transport} on the wire${title}`, async () => {
        const image = readFileSync(sharedFile(photo))
        const plain = await cluster.plain('faces')
        const wanted = await plain.run(await pixels(image))
        await plain.release()
        const parameters = { scheme: 'mds:4,2', transport }
        const answer = await cluster.client.infer('faces', { image }, parameters)
        for (const [name, floats] of wanted) {
          expect(relativeError(output(answer, name), floats), name).to.be.below(
            tolerance[transport],
          )
        }
        const found = facesOf(answer)
        const expectedFaces = faces(wanted.get('scores')!, wanted.get('boxes')!)
        expect(found, 'faces found').to.have.length(expectedFaces.length).above(0)
        for (const face of expectedFaces) expect(bestOverlap(face, found)).to.be.above(0.9)
      })
    }
  }
})

/** The photo as the detector was trained on: 320 × 240, RGB, (pixel − 127) / 128. */
async function pixels(image: Buffer): Promise<Floats> {
  const resized = sharp(image).resize(320, 240, { fit: 'fill', kernel: 'linear' })
  const data = await resized.raw().toBuffer()
  const plane = 320 * 240
  const values = new Float32Array(3 * plane)
  for (let i = 0; i < plane; i++) {
    for (let c = 0; c < 3; c++) values[c * plane + i] = (data[3 * i + c]! - 127) / 128
  }
  return { name: 'input', dims: [1, 3, 240, 320], values }
}

function facesOf(answer: InferenceAnswer): Box[] {
  return faces(output(answer, 'scores'), output(answer, 'boxes'))
}

function bestOverlap(face: Box, others: readonly Box[]): number {
  return Math.max(0, ...others.map(other => overlap(face, other)))
}
