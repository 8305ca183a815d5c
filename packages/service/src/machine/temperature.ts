import { join } from 'node:path'
import { kernelEntries, kernelNumber, kernelText } from './kernel-file.ts'

/** Temperature of the processor: of its thermal zone, else of the first (Linux thermal/sysfs-api). */
export async function readTemperatureC(sys: string): Promise<number | undefined> {
  const folder = join(sys, 'class', 'thermal')
  const names = await kernelEntries(folder)
  const zones = names.filter(name => name.startsWith('thermal_zone'))
  const types = await Promise.all(zones.map(zone => kernelText(join(folder, zone, 'type'))))
  const ofProcessor = zones.find((_, i) => /cpu|pkg/.test(types[i] ?? ''))
  const zone = ofProcessor ?? zones[0]
  const millis = zone && (await kernelNumber(join(folder, zone, 'temp')))
  return typeof millis === 'number' ? millis / 1000 : undefined
}
