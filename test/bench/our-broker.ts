import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DaemonProcess } from '@cocoi/testbed'
import { cocoiProgram } from '../helpers/virtual-cluster.ts'

/** `cocoi broker` as a process of its own, on a free port. */
export async function startOurBroker(): Promise<{ url: string; stop(): Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), 'cocoi-bench-'))
  const daemon = await DaemonProcess.start({
    ...{ name: 'broker', command: [...cocoiProgram, 'broker'], readyTimeoutMs: 30_000 },
    settings: { broker: { port: 0 } },
    logFile: join(folder, 'broker.log'),
  })
  const stop = async () => {
    await daemon.stop()
    await rm(folder, { recursive: true, force: true })
  }
  return { url: `mqtt://127.0.0.1:${daemon.ready.port}`, stop }
}
