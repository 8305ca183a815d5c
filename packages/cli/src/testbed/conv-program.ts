import { createEngine } from '@cocoi/engine'
import { floatTensor, makeModel, makeNode, makeValueInfo, serializeModel } from '@cocoi/onnx'
import type { ConvSpeed } from './conv-speed.ts'

/**
 * Convolves as layer 9 of VGG16 does, on so many of its rows, and prints how long that took. Arguments:
 * rows, how often, and the operations per second of a runtime to imitate or 0.
 */
const [rows = 56, times = 1, flopsPerS = 0] = process.argv.slice(2).map(Number)
const [channels, width] = [256, 56]
const shape = [1, channels, rows, width]
const weights = new Float32Array(channels * channels * 9).fill(0.001)

const model = makeModel({
  name: 'conv',
  nodes: [makeNode('Conv', ['x', 'w'], ['y'], { pads: [1, 1, 1, 1] })],
  inputs: [makeValueInfo('x', 'float32', shape)],
  outputs: [makeValueInfo('y', 'float32', shape)],
  initializers: [floatTensor('w', [channels, channels, 3, 3], weights)],
})

const engine = createEngine({ threads: 1, ...(flopsPerS > 0 ? { flopsPerS } : {}) })
const session = await engine.load(serializeModel(model))
const data = new Uint8Array(4 * channels * rows * width)
const feeds = { x: { type: 'float32', dims: shape, data } } as const
await session.run(feeds)
const before = process.cpuUsage()
let wallMs = 0
for (let i = 0; i < times; i++) wallMs += (await session.run(feeds)).runMs
const { user, system } = process.cpuUsage(before)
await engine.close()

const flops = times * 2 * channels * rows * width * channels * 9
const speed: ConvSpeed = {
  flopsPerS: (1000 * flops) / wallMs,
  flopsPerCpuS: (1e6 * flops) / (user + system),
}
process.stdout.write(`${JSON.stringify(speed)}\n`)
