/** Whether results of these rows recover every piece. */
export type Span = (rows: readonly number[]) => boolean

/** Asks `decodable` once for every set of rows, whatever their order. */
export function rememberSpan(decodable: Span): Span {
  const known = new Map<string, boolean>()
  return rows => {
    const sorted = [...new Set(rows)].sort((a, b) => a - b)
    const key = sorted.join()
    const answer = known.get(key) ?? decodable(sorted)
    known.set(key, answer)
    return answer
  }
}

/**
 * The rows to add so that the planned ones span: the first candidates that reach it, less those
 * that turn out not to be needed, so that none can be left out.
 *
 * @returns none if the planned rows span; undefined if not even all candidates help
 */
export function completeSpan(
  planned: readonly number[],
  candidates: readonly number[],
  spans: Span,
): readonly number[] | undefined {
  if (spans(planned)) return []
  if (!spans([...planned, ...candidates])) return undefined
  const reach = candidates.findIndex((_, i) => spans([...planned, ...candidates.slice(0, i + 1)]))
  const added = new Set(candidates.slice(0, reach + 1))
  for (const row of [...added].reverse()) {
    added.delete(row)
    if (!spans([...planned, ...added])) added.add(row)
  }
  return [...added].sort((a, b) => a - b)
}
