import { createRequire } from 'node:module'

const manifest: { version: string } = createRequire(import.meta.url)('../package.json')

/** Version of this program; all parts are released together. */
export const version: string = manifest.version
