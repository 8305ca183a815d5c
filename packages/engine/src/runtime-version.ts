import { createRequire } from 'node:module'

const manifest: { version: string } = createRequire(import.meta.url)(
  'onnxruntime-node/package.json',
)

/** Version of onnxruntime; what it makes of a model may differ from one to the next. */
export const runtimeVersion: string = manifest.version
