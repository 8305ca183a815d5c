import { cpSync, existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { ReleaseError } from './errors.ts'
import type { Platform } from './platform.ts'
import { runCommand } from './run-command.ts'
import { RELEASE_WORKSPACE, workspaceFolders } from './workspaces.ts'

/** What npm needs to install the dependencies that the lock file names. */
const NPM_FILES = ['package.json', 'package-lock.json', '.npmrc']
/** What an installation has besides the program: defaults, units and the installer, instructions. */
const DATA = ['config', 'systemd', 'LICENSE', 'README.md', 'docs']

/**
 * Lays the compiled program of `root` into the empty folder `stage` together with the production
 * dependencies for `platform`, as npm installs them there.
 *
 * @throws {ReleaseError} ERR_INCOMPLETE for a package that is not compiled, ERR_COMMAND_FAILED if npm
 *   cannot install
 */
export function stageRelease(root: string, stage: string, platform: Platform): void {
  for (const file of NPM_FILES) copy(root, stage, file)
  for (const workspace of workspaceFolders(root)) stageWorkspace(root, stage, workspace)
  installDependencies(stage, platform)
  for (const workspace of [RELEASE_WORKSPACE, 'node_modules/@cocoi/release']) {
    rmSync(join(stage, workspace), { recursive: true })
  }
  for (const name of DATA) copy(root, stage, name)
  copy(root, stage, join(RELEASE_WORKSPACE, 'launcher/cocoi'), 'bin/cocoi')
}

function stageWorkspace(root: string, stage: string, workspace: string): void {
  copy(root, stage, join(workspace, 'package.json'))
  const compiled = compiledFiles(root, workspace)
  if (compiled.length === 0) {
    throw new ReleaseError('ERR_INCOMPLETE', `${workspace} is not compiled: run npm run build`)
  }
  for (const file of compiled) copy(root, stage, join(workspace, 'dist', file))
  if (existsSync(join(root, workspace, 'bin'))) copy(root, stage, join(workspace, 'bin'))
}

/** JavaScript whose source is still there: the compiler does not remove what it once made. */
function compiledFiles(root: string, workspace: string): string[] {
  const dist = join(root, workspace, 'dist')
  if (!existsSync(dist)) return []
  return readdirSync(dist, { recursive: true, encoding: 'utf8' })
    .filter(file => file.endsWith('.js'))
    .filter(file => existsSync(join(root, workspace, 'src', file.replace(/\.js$/, '.ts'))))
}

/** npm takes the optional packages of the platform it is told, not of the machine it runs on. */
function installDependencies(stage: string, { os, cpu, libc }: Platform): void {
  const target = [`--os=${os}`, `--cpu=${cpu}`, `--libc=${libc}`]
  const command = ['npm', 'ci', '--omit=dev', '--ignore-scripts', '--prefer-offline', ...target]
  runCommand(command, { folder: stage, timeoutMs: 600_000 })
}

function copy(root: string, stage: string, from: string, to = from): void {
  mkdirSync(dirname(join(stage, to)), { recursive: true })
  cpSync(join(root, from), join(stage, to), { recursive: true })
}
