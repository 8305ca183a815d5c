import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { DaemonProcess } from '@cocoi/testbed'

const program = fileURLToPath(new URL('../../../packages/cli/bin/cocoi.js', import.meta.url))

/** A broker as a user runs it: a process of its own, with the built-in settings. */
export interface BrokerProcess {
  readonly port: number
  /** Most memory it ever had, in bytes, as the system counts it (RSS). */
  peakBytes(): number
  stop(): Promise<void>
}

export async function startBrokerProcess(folder: string): Promise<BrokerProcess> {
  const broker = await DaemonProcess.start({
    name: 'broker',
    command: [process.execPath, program, 'broker', '--port', '0', '--log-level', 'error'],
    settings: {},
    logFile: join(folder, 'broker.log'),
    readyTimeoutMs: 20_000,
  })
  const status = () => readFileSync(`/proc/${broker.pid}/status`, 'utf8')
  return {
    port: Number(broker.ready.port),
    peakBytes: () => Number(/VmHWM:\s+(\d+) kB/.exec(status())![1]) * 1024,
    stop: () => broker.stop(),
  }
}
