import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import sharp from 'sharp'

const size = 256

/** A drawing with shapes and gradients, different for every seed: no photo has to be shipped. */
function drawing(seed: number): string {
  const hue = (seed * 67) % 360
  const circles = Array.from({ length: 12 }, (_, i) => {
    const [x, y] = [(i * 83 + seed * 29) % size, (i * 47 + seed * 53) % size]
    return `<circle cx="${x}" cy="${y}" r="${8 + ((i * 13 + seed) % 40)}" fill="hsl(${(hue + i * 31) % 360} 80% 55%)" opacity="0.7"/>`
  })
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${size}" height="${size}">
    <defs><linearGradient id="g" x2="1" y2="1"><stop stop-color="hsl(${hue} 60% 20%)"/><stop offset="1" stop-color="hsl(${(hue + 120) % 360} 70% 70%)"/></linearGradient></defs>
    <rect width="${size}" height="${size}" fill="url(#g)"/>${circles.join('')}</svg>`
}

/** Draws JPEG pictures into a folder; returns their paths. */
export async function drawPictures(folder: string, count: number): Promise<string[]> {
  await mkdir(folder, { recursive: true })
  const paths = Array.from({ length: count }, (_, i) => join(folder, `picture-${i + 1}.jpg`))
  for (const [i, path] of paths.entries()) {
    await sharp(Buffer.from(drawing(i + 1)))
      .jpeg({ quality: 90 })
      .toFile(path)
  }
  return paths
}
