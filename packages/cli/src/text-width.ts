/** Columns that the others leave to one, with two between each. */
export function roomFor(
  width: number,
  rows: readonly (readonly string[])[],
  column: number,
): number {
  const widths = rows[0]!.map((_, i) => Math.max(...rows.map(row => row[i]!.length)))
  const others = widths.filter((_, i) => i !== column).reduce((total, one) => total + one + 2, 0)
  return width - others
}

/** As many words in a line as there is room for. */
export function inLines(words: readonly string[], room: number): string {
  const lines: string[] = []
  for (const word of words) {
    const longer = `${lines.at(-1) ?? ''} ${word}`
    if (lines.length > 0 && longer.length <= room) lines[lines.length - 1] = longer
    else lines.push(word)
  }
  return lines.join('\n')
}
