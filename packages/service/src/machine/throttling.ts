import { join } from 'node:path'
import { kernelEntries, kernelNumber, kernelText } from './kernel-file.ts'

/** Bits of the firmware's answer, as `vcgencmd get_throttled` shows them; what has been is 16 higher. */
const FLAGS = ['under-voltage', 'frequency-capped', 'throttled', 'soft-temperature-limit']
const PAST_SHIFT = 16

/** What marks a flag that was set before, whether or not it is now. */
export const PAST = '-past'

/**
 * The flags of a Raspberry Pi's firmware that are set: `under-voltage`, `frequency-capped`,
 * `throttled`, `soft-temperature-limit`, and each of them with `-past`. Undefined where nobody can tell.
 *
 * From sysfs, because `vcgencmd` needs /dev/vcio, which the sandbox hides. Newer kernels keep past
 * flags for two seconds only, so whoever wants the history reads again and again.
 */
export async function readThrottling(sys: string): Promise<string[] | undefined> {
  for (const file of await firmwareFiles(sys)) {
    const text = await kernelText(file)
    if (text !== undefined && /^(0x)?[0-9a-f]{1,8}$/i.test(text)) return flagsIn(parseInt(text, 16))
  }
  return await readVoltageAlarm(sys)
}

/** The path of a Pi 4 and older, then wherever the driver of the firmware is. */
async function firmwareFiles(sys: string): Promise<string[]> {
  const driver = join(sys, 'bus', 'platform', 'drivers', 'raspberrypi-firmware')
  const folders = (await kernelEntries(driver)).map(name => join(driver, name))
  const usual = join(sys, 'devices', 'platform', 'soc', 'soc:firmware')
  return [usual, ...folders].map(folder => join(folder, 'get_throttled'))
}

function flagsIn(bits: number): string[] {
  const set = (shift: number) => FLAGS.filter((_, bit) => (bits >>> (bit + shift)) & 1)
  return [...set(0), ...set(PAST_SHIFT).map(flag => flag + PAST)]
}

/** Kernels without that file still watch the voltage (Linux hwmon/raspberrypi-hwmon). */
async function readVoltageAlarm(sys: string): Promise<string[] | undefined> {
  const folder = join(sys, 'class', 'hwmon')
  for (const name of await kernelEntries(folder)) {
    if ((await kernelText(join(folder, name, 'name'))) !== 'rpi_volt') continue
    const alarm = await kernelNumber(join(folder, name, 'in0_lcrit_alarm'))
    return alarm === undefined ? undefined : alarm === 0 ? [] : ['under-voltage']
  }
  return undefined
}

/** Remembers what has been for as long as this process runs. */
export class ThrottleHistory {
  readonly #past = new Set<string>()

  /** The flags that are set, and with `-past` all that ever were. */
  after(flags: readonly string[]): string[] {
    for (const flag of flags) this.#past.add(flag.endsWith(PAST) ? flag : flag + PAST)
    return [...flags.filter(flag => !flag.endsWith(PAST)), ...this.#past]
  }
}
