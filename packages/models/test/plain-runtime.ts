import type { EngineTensor } from '@cocoi/engine'

process.env.ORT_DISABLE_TELEMETRY = '1'
const ort = await import('onnxruntime-node')

/** Runs a model file once in plain onnxruntime, as it is: the oracle. Float inputs only. */
export async function runPlain(
  path: string,
  inputs: Readonly<Record<string, EngineTensor>>,
): Promise<Record<string, Float32Array>> {
  const session = await ort.InferenceSession.create(path, { logSeverityLevel: 4 })
  const feeds = Object.entries(inputs).map(([name, { dims, data }]) => {
    return [name, new ort.Tensor('float32', floats(data), dims)] as const
  })
  const outputs = await session.run(Object.fromEntries(feeds))
  await session.release()
  const values = Object.entries(outputs).map(([name, tensor]) => [name, tensor.data] as const)
  return Object.fromEntries(values) as Record<string, Float32Array>
}

/** The floats in bytes at any offset. */
export function floats(bytes: Uint8Array): Float32Array {
  return new Float32Array(bytes.slice().buffer)
}

/** Largest difference relative to the largest expected value. */
export function relativeError(got: Float32Array, want: Float32Array): number {
  const scale = want.reduce((top, value) => Math.max(top, Math.abs(value)), 0)
  const worst = want.reduce((top, value, i) => Math.max(top, Math.abs(value - got[i]!)), 0)
  return got.length === want.length ? worst / (scale || 1) : Number.POSITIVE_INFINITY
}

/** A float32 tensor of a smooth, varied signal. */
export function wave(dims: readonly number[], step = 0.37): EngineTensor {
  return { type: 'float32', dims, data: new Uint8Array(waveFloats(dims, step).buffer) }
}

export function waveFloats(dims: readonly number[], step: number): Float32Array<ArrayBuffer> {
  const count = dims.reduce((product, size) => product * size, 1)
  return Float32Array.from({ length: count }, (_, i) => Math.sin(i * step))
}
