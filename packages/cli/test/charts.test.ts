import { barChart, curveChart, ticks } from '@cocoi/cli'
import { expect } from 'chai'
import sharp from 'sharp'

const bar = (series: string, ms: number) => ({ series, ms, lowMs: ms * 0.9, highMs: ms * 1.2 })

/** Numbers of the attribute in every element of that name. */
function numbers(svg: string, name: string, attribute: string): number[] {
  const form = new RegExp(`<${name} [^>]*?\\b${attribute}="([-0-9.]+)"`, 'g')
  return [...svg.matchAll(form)].map(([, value]) => Number(value))
}

async function sizeOf(svg: string): Promise<[number, number]> {
  const { width, height } = await sharp(Buffer.from(svg)).metadata()
  return [width, height]
}

describe('the ticks of an axis', () => {
  it('are round, begin at 0 and reach as far as the values', () => {
    expect(ticks(6)).to.deep.equal([0, 1, 2, 3, 4, 5, 6])
    expect(ticks(0.31)).to.deep.equal([0, 0.1, 0.2, 0.3, 0.4])
    expect(ticks(1000)).to.deep.equal([0, 200, 400, 600, 800, 1000])
    expect(ticks(0)).to.have.length.of.at.least(2)
  })
})

describe('a bar chart', () => {
  const chart = {
    ...{ title: 'A & B <c>', subtitle: '' },
    groups: [
      { name: 'none', bars: [bar('uncoded', 100), bar('mds', 50)] },
      { name: 'straggling', bars: [bar('uncoded', 200), bar('mds', 100)] },
    ],
  }

  it('has bars as high as the values', () => {
    const svg = barChart(chart)
    // The paper and the two boxes of the legend come first.
    const heights = numbers(svg, 'rect', 'height').slice(3)
    expect(heights.map(height => height / heights[1]!)).to.deep.equal([2, 1, 4, 2])
  })

  it('tells those who cannot see it what it is', () => {
    expect(barChart(chart)).to.match(/^<svg [^>]*role="img" aria-label="A &amp; B &lt;c&gt;"/)
  })

  it('is a picture whatever its names are', async () => {
    const [width, height] = await sizeOf(barChart(chart))
    expect(width).to.be.above(400)
    expect(height).to.be.above(300)
  })
})

describe('a chart over k', () => {
  const points = [5, 6, 7, 8].map(k => ({ k, ms: 100 + (k - 7) ** 2 }))
  const curve = { name: 'measured', best: 'best k', points }

  it('marks the best k of every curve', () => {
    const other = {
      name: 'paper',
      best: 'k°',
      points: points.map(({ k, ms }) => ({ k: k - 1, ms })),
    }
    const svg = curveChart({ title: '', subtitle: '', curves: [curve, other] })
    expect(svg).to.contain('best k = 7').and.contain('k° = 6')
  })

  it('has a dot for every measured k, the lower the faster', async () => {
    const svg = curveChart({ title: '', subtitle: '', curves: [curve] })
    const dots = numbers(svg.replace(/<circle [^>]*r="8"[^>]*>/g, ''), 'circle', 'cy')
    expect(dots).to.have.lengthOf(4)
    expect(dots.indexOf(Math.max(...dots))).to.equal(2)
    expect((await sizeOf(svg))[0]).to.be.above(400)
  })
})
