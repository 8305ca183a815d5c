type Attributes = Readonly<Record<string, string | number>>

/** An element as text; what is inside is markup already. */
export function element(
  name: string,
  attributes: Attributes,
  ...inside: readonly string[]
): string {
  const written = Object.entries(attributes).map(([key, value]) => {
    const text = typeof value === 'number' ? String(Math.round(value * 100) / 100) : escaped(value)
    return ` ${key}="${text}"`
  })
  const head = `<${name}${written.join('')}`
  return inside.length === 0 ? `${head}/>` : `${head}>${inside.join('')}</${name}>`
}

/** A line of text; attributes as of an SVG `text`. */
export function label(text: string, attributes: Attributes): string {
  return element('text', attributes, escaped(text))
}

/** A whole picture on white; its title is what is read to those who cannot see it. */
export function picture(
  { title, width, height }: { title: string; width: number; height: number },
  ...inside: readonly string[]
): string {
  const frame = {
    ...{ xmlns: 'http://www.w3.org/2000/svg', width, height, viewBox: `0 0 ${width} ${height}` },
    ...{ role: 'img', 'aria-label': title },
    'font-family': 'Helvetica, Arial, DejaVu Sans, sans-serif',
  }
  const paper = element('rect', { width, height, fill: 'white' })
  return `${element('svg', frame, paper, ...inside)}\n`
}

function escaped(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
}
