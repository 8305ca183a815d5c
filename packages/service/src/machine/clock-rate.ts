import { join } from 'node:path'
import { kernelNumber } from './kernel-file.ts'

/** Clock of the first core now, and the most it may have (Linux admin-guide/pm/cpufreq, in kHz). */
export async function readClockRate(
  sys: string,
): Promise<{ hz: number; maxHz: number } | undefined> {
  const folder = join(sys, 'devices', 'system', 'cpu', 'cpu0', 'cpufreq')
  const now = await kernelNumber(join(folder, 'scaling_cur_freq'))
  const most = await kernelNumber(join(folder, 'cpuinfo_max_freq'))
  if (now === undefined || most === undefined) return undefined
  return { hz: now * 1000, maxHz: most * 1000 }
}
