import type { Machine } from '@cocoi/testbed'
import { runOn } from './run-on.ts'

/** How long a transfer is to take. */
const seconds = 0.8

/** Bytes per second that one machine gets from another over TCP. */
export async function linkSpeed(from: Machine, to: Machine, expected: number): Promise<number> {
  const { address } = to.host
  const sink = { file: new URL('./sink-program.js', import.meta.url), args: [address] }
  const bytes = Math.round(expected * seconds)
  const args = [address, String(bytes)]
  const receiving = runOn(to, 'engine', sink)
  await receiving.spoken
  const source = { file: new URL('./source-program.js', import.meta.url), args }
  const [speed] = await Promise.all([receiving.output, runOn(from, 'engine', source).output])
  return Number(speed)
}
