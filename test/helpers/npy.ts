import { readFileSync } from 'node:fs'
import type { Floats } from './plain-onnxruntime.ts'

/** A little-endian float32 array in C order as NumPy writes it (NEP 1, version 1.0). */
export function npyBytes({ dims, values }: Floats): Uint8Array {
  const shape = `(${dims.join(', ')}${dims.length === 1 ? ',' : ''})`
  const head = `{'descr': '<f4', 'fortran_order': False, 'shape': ${shape}, }`
  const padded = `${head.padEnd(Math.ceil((head.length + 11) / 64) * 64 - 11)}\n`
  const length = Buffer.from([padded.length & 0xff, padded.length >> 8])
  const opening = Buffer.concat([Buffer.from('\x93NUMPY\x01\x00', 'latin1'), length])
  return Buffer.concat([opening, Buffer.from(padded, 'latin1'), Buffer.from(values.buffer)])
}

/** Reads such a file back. */
export function readNpyFile(path: string, name: string): Floats {
  const bytes = readFileSync(path)
  const start = 10 + bytes.readUInt16LE(8)
  const head = bytes.toString('latin1', 10, start)
  const [, type] = /'descr': '([^']*)'/.exec(head) ?? []
  const [, shape] = /'shape': \(([^)]*)\)/.exec(head) ?? []
  if (type !== '<f4' || shape === undefined) throw new Error(`${path} begins with ${head}`)
  const dims = shape.split(',').filter(Boolean).map(Number)
  return { name, dims, values: new Float32Array(new Uint8Array(bytes.subarray(start)).buffer) }
}
