#!/usr/bin/env node
// Only finds the compiled program: npm links this file at install time, before anything is built.
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const main = new URL('../dist/main.js', import.meta.url)
if (!existsSync(fileURLToPath(main))) {
  process.stderr.write('cocoi is not built yet: run `npm run build` first\n')
  process.exit(1)
}
await import(main.href)
