import { spawnSync } from 'node:child_process'

/** Whether a tool is not on this machine, which is then said: its test is skipped. */
export function missing(tool: string, debianPackage: string): boolean {
  if (spawnSync('sh', ['-c', `command -v ${tool}`]).status === 0) return false
  console.log(`      skipped: there is no ${tool} here (apt-get install ${debianPackage})`)
  return true
}
