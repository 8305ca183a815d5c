import { execFileSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { InferenceParameters } from '@cocoi/protocol'
import { DaemonProcess } from '@cocoi/testbed'
import { Question } from '../helpers/question.ts'
import { smallNetwork } from '../helpers/small-network.ts'
import { startVirtualCluster, type VirtualCluster } from '../helpers/virtual-cluster.ts'
import { arm64Node, arm64Rootfs } from './arm64-userland.ts'

const releases = fileURLToPath(new URL('../../release', import.meta.url))

describe('the device agent of the arm64 release', () => {
  let cluster: VirtualCluster
  let device: DaemonProcess
  let question: Question

  before(async () => {
    const emulator = ['qemu-aarch64-static', '-cpu', 'cortex-a72', '-L', arm64Rootfs(), arm64Node()]
    cluster = await startVirtualCluster({
      devices: 1,
      models: { small: { model: smallNetwork() } },
    })
    question = await Question.of(cluster)
    device = await DaemonProcess.start({
      name: 'arm64',
      command: [...emulator, join(unpacked(), 'packages/cli/bin/cocoi.js'), 'device'],
      settings: {
        device: { id: 'arm64', state: join(cluster.folder, 'arm64') },
        mqtt: { url: cluster.url },
      },
      logFile: join(cluster.folder, 'logs', 'arm64.log'),
      readyTimeoutMs: 120_000,
    })
  })

  after(async () => {
    await device?.stop()
    await cluster?.stop()
  })

  function unpacked(): string {
    const tarball = readdirSync(releases).find(name => name.endsWith('-linux-arm64.tar.gz'))
    if (!tarball) throw new Error('there is no release for arm64: run `npm run package`')
    execFileSync('tar', ['-xzf', join(releases, tarball), '-C', cluster.folder])
    return join(cluster.folder, tarball.replace(/\.tar\.gz$/, ''))
  }

  it('joins a cluster', async () => {
    await cluster.view.until('it is online', view => view.inState('online').includes('arm64'))
  })

  /** Every answer is right; resolves once the device has contributed to one. */
  async function askUntilItContributes(parameters: InferenceParameters): Promise<void> {
    // Until it has loaded the plan the others do the work.
    for (let used: string[] = []; !used.includes('arm64'); ) {
      used = (await question.ask(parameters)).devices.used
    }
  }

  for (const transport of ['float32', 'float16'] as const) {
    it(`computes right pieces in ${transport} beside a device of another processor`, async () => {
      await askUntilItContributes({ scheme: 'uncoded', transport })
    })
  }

  it('computes the whole model when it is alone', async () => {
    cluster.devices[0]!.kill()
    await cluster.view.until('it is the only one', ({ coordinator }) => {
      const { online, suspect } = coordinator.health?.devices ?? {}
      return online === 1 && suspect === 0
    })
    await askUntilItContributes({ scheme: 'whole', transport: 'float32' })
  })
})
