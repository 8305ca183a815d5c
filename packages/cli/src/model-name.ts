import { basename, extname } from 'node:path'

/** A name for the model in this file: what may not stand in a topic is replaced. */
export function modelNameOf(path: string): string {
  const stem = basename(path, extname(path)).replace(/[^a-zA-Z0-9_-]/g, '-')
  return stem.replace(/^[^a-zA-Z0-9]+/, '').slice(0, 64) || 'model'
}
