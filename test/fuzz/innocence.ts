/** Objects looked into; a large result is much of the same. */
const maxObjects = 1000

const ordinary: readonly unknown[] = [
  Object.prototype,
  Array.prototype,
  Uint8Array.prototype,
  Buffer.prototype,
  null,
]

/**
 * Fails if a parser lets a payload decide what kind of object something is, or change what all objects
 * inherit.
 */
export function requireInnocent(value: unknown): void {
  if ('polluted' in {}) throw new TypeError('the prototype of every object was changed')
  const open = [value]
  let count = 0
  for (let next = open.pop(); next !== undefined && count < maxObjects; next = open.pop()) {
    if (typeof next === 'function') throw new TypeError('a payload became a function')
    if (typeof next !== 'object' || next === null) continue
    count += 1
    if (!ordinary.includes(Object.getPrototypeOf(next))) {
      throw new TypeError(`a payload became a ${Object.prototype.toString.call(next)}`)
    }
    if (!ArrayBuffer.isView(next)) open.push(...Object.values(next).slice(0, maxObjects))
  }
}
