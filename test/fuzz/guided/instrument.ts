import { register } from 'node:module'

// Loaded before everything else in the process that parses.
register('./instrumenting-loader.js', import.meta.url)
