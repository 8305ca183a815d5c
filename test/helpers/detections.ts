import type { Floats } from './plain-onnxruntime.ts'

/** Corners in units of the image: left, top, right, bottom. */
export type Box = readonly [number, number, number, number]

/**
 * Faces that an Ultra-Light detector has found: anchors likelier than `minScore`, and of those that
 * overlap the likeliest.
 *
 * @param scores [1, anchors, 2], background first
 * @param boxes  [1, anchors, 4]
 */
export function faces(scores: Floats, boxes: Floats, minScore = 0.7): Box[] {
  const score = (anchor: number) => scores.values[2 * anchor + 1]!
  const anchors = Array.from({ length: scores.values.length / 2 }, (_, i) => i)
  const likely = anchors.filter(anchor => score(anchor) > minScore)
  const kept: Box[] = []
  for (const anchor of likely.sort((a, b) => score(b) - score(a))) {
    const [left, top, right, bottom] = boxes.values.subarray(4 * anchor, 4 * anchor + 4)
    const box = [left!, top!, right!, bottom!] as const
    if (kept.every(other => overlap(box, other) < 0.3)) kept.push(box)
  }
  return kept
}

/** Intersection over union. */
export function overlap(a: Box, b: Box): number {
  const width = Math.min(a[2], b[2]) - Math.max(a[0], b[0])
  const height = Math.min(a[3], b[3]) - Math.max(a[1], b[1])
  const common = Math.max(0, width) * Math.max(0, height)
  return common / (area(a) + area(b) - common)
}

function area([left, top, right, bottom]: Box): number {
  return (right - left) * (bottom - top)
}
