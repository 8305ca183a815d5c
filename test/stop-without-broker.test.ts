import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { expect } from 'chai'

const cocoi = fileURLToPath(new URL('../../packages/cli/bin/cocoi.js', import.meta.url))

describe('an agent that has not found its broker', () => {
  const folder = mkdtempSync(join(tmpdir(), 'cocoi-no-broker-'))
  after(() => rmSync(folder, { recursive: true, force: true }))

  for (const agent of ['device', 'coordinator']) {
    it(`says so and ends in order when it is told to: ${agent}`, async () => {
      // Port 9 is the discard service, which nobody runs.
      const child = spawn(process.execPath, [cocoi, agent, '--broker', 'mqtt://127.0.0.1:9'], {
        cwd: folder,
        stdio: ['ignore', 'ignore', 'pipe'],
      })
      const said: string[] = []
      for await (const line of createInterface({ input: child.stderr })) {
        said.push(line)
        if (line.includes('no broker')) child.kill('SIGTERM')
      }
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
      expect(child.exitCode, said.join('\n')).to.equal(0)
      expect(said.join('\n')).to.include('no broker at mqtt://127.0.0.1:9')
    })
  }
})
