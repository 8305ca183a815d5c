import { hostileTexts, hostileValues } from './hostile.ts'
import { below, pick, type Random } from './random.ts'

type Container = Record<string, unknown> | unknown[]

/** The value after one to three edits somewhere in it: replaced, removed, added to, exchanged. */
export function damageValue(value: unknown, random: Random): unknown {
  // In a box, so that the whole can be replaced too.
  const box = [structuredClone(value)]
  const count = random() < 0.6 ? 1 : 1 + below(random, 3)
  for (let done = 0; done < count; done += 1) edit(box, random)
  return box[0]
}

function edit(box: unknown[], random: Random): void {
  const containers = containersIn(box)
  const container = pick(random, containers)
  const keys = Object.keys(container)
  const key = keys.length > 0 ? pick(random, keys) : '0'
  const target = container as Record<string, unknown>
  const kind = below(random, 8)
  if (kind <= 3) target[key] = replacement(target[key], random)
  else if (kind === 4) remove(container, key)
  else if (kind === 5) add(container, random)
  else if (kind === 6) target[key] = structuredClone(pick(random, containers))
  else target[key] = [target[key]]
}

/** Something hostile, or a thing of the same kind with a little difference. */
function replacement(value: unknown, random: Random): unknown {
  if (typeof value === 'number' && random() < 0.3) return value + pick(random, [1, -1, 0.5, 256])
  if (typeof value === 'string' && random() < 0.3) return value + pick(random, hostileTexts)
  if (value instanceof Uint8Array && random() < 0.5) return value.subarray(1)
  if (Array.isArray(value) && random() < 0.5) return repeat(value, 1 + below(random, 200))
  return pick(random, hostileValues)()
}

function repeat(list: readonly unknown[], times: number): unknown[] {
  return list.length > 64 ? [...list] : Array.from({ length: times }, () => list).flat()
}

function remove(container: Container, key: string): void {
  if (Array.isArray(container)) container.splice(Number(key), 1)
  else delete container[key]
}

function add(container: Container, random: Random): void {
  const value = pick(random, hostileValues)()
  if (Array.isArray(container)) container.push(value)
  else {
    const key = pick(random, hostileTexts)
    Object.defineProperty(container, key, {
      value,
      enumerable: true,
      configurable: true,
      writable: true,
    })
  }
}

/** The value's arrays and objects, without those deep inside something hostile. */
function containersIn(root: Container): Container[] {
  const found: Container[] = []
  const open: [value: unknown, depth: number][] = [[root, 0]]
  for (let next = open.pop(); next; next = open.pop()) {
    const [value, depth] = next
    if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) continue
    found.push(value as Container)
    if (depth < 8 && found.length < 2000) {
      for (const inner of Object.values(value)) open.push([inner, depth + 1])
    }
  }
  return found
}
