import { createRequire, type LoadHook } from 'node:module'
import { fileURLToPath } from 'node:url'

interface Instrumenter {
  instrumentSync(source: string, path: string): string
}

const root = new URL('../../../../', import.meta.url)
const requireTool = createRequire(new URL('test/fuzz/guided/package.json', root))
const { createInstrumenter } = requireTool('istanbul-lib-instrument') as {
  createInstrumenter(options: { esModules: boolean; compact: boolean }): Instrumenter
}
const instrumenter = createInstrumenter({ esModules: true, compact: true })

/** Our packages and the decoder that ours is built on; what they reach is what guides the fuzzer. */
const watched = /\/(?:packages\/[^/]+\/dist\/(?!test\/)|node_modules\/cbor-x\/)[^?]*\.js$/

/** Counts, in the global `__coverage__`, which statements and branches of our modules are reached. */
export const load: LoadHook = async (url, context, next) => {
  const loaded = await next(url, context)
  if (loaded.format !== 'module' || !watched.test(url) || loaded.source === undefined) return loaded
  const source = Buffer.from(loaded.source as Uint8Array).toString()
  return { ...loaded, source: instrumenter.instrumentSync(source, fileURLToPath(url)) }
}
