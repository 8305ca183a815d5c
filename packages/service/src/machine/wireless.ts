import { join } from 'node:path'
import { kernelText } from './kernel-file.ts'

/** `wlan0: 0000   55.  -55.  -256 …`: status, link quality, level in dBm (proc_net_wireless(5)). */
const LINE = /^\s*([\w.-]+):\s+[0-9a-f]+\s+(\d+)\.?\s+(-\d+)\.?\s/m

/** Signal of the first wireless interface that has a link; undefined where there is none. */
export async function readWireless(
  proc: string,
): Promise<{ interface: string; signalDbm: number } | undefined> {
  const text = await kernelText(join(proc, 'net', 'wireless'))
  const found = text
    ?.split('\n')
    .map(line => LINE.exec(line))
    .find(match => match !== null && Number(match[2]) > 0)
  return found ? { interface: found[1]!, signalDbm: Number(found[3]) } : undefined
}
