import { arch, machine, platform } from 'node:os'
import { type Finding, failure, fine, unknown } from './finding.ts'

/** The system this program runs on. */
export interface Platform {
  /** As Node.js calls it: what its own program was compiled for. */
  readonly arch: string
  /** What the kernel runs on, such as `aarch64`. */
  readonly machine: string
  readonly platform: string
  /** Version of Node.js without its `v`. */
  readonly node: string
}

export function thisPlatform(): Platform {
  return {
    arch: arch(),
    machine: machine(),
    platform: platform(),
    node: process.versions.node,
  }
}

/** Whether onnxruntime and Node.js are such that an agent can run. */
export function checkPlatform(given: Platform): Finding[] {
  return [checkArchitecture(given), checkNode(given.node)]
}

function checkArchitecture({ arch, machine, platform }: Platform): Finding {
  const check = 'system'
  if (arch === 'arm64' || arch === 'x64') return fine(check, `64-bit ${platform} on ${machine}`)
  if (arch !== 'arm' && arch !== 'ia32') {
    const fix = 'use a 64-bit ARM or x86 machine'
    return failure(check, `there is no onnxruntime for ${arch}`, fix)
  }
  const what = /64/.test(machine)
    ? `the kernel is 64-bit (${machine}) but the programs are 32-bit`
    : `this is a 32-bit system (${machine})`
  const fix = 'install the 64-bit Raspberry Pi OS, and Node.js for it'
  return failure(check, `${what}, for which there is no onnxruntime`, fix)
}

function checkNode(version: string): Finding {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  const isFit = (major === 20 && minor >= 19) || (major === 22 && minor >= 12) || major > 22
  if (isFit) return fine('Node.js', `version ${version}`)
  const fix = 'install Node.js 20.19, or 22.12 or newer, from nodejs.org'
  return failure('Node.js', `version ${version} is too old`, fix)
}

/** Whether onnxruntime can be loaded and computes; only tried where it exists. */
export async function checkEngine(): Promise<Finding> {
  const check = 'onnxruntime'
  try {
    const [
      { createEngine, runtimeVersion },
      { makeModel, makeNode, makeValueInfo, serializeModel },
    ] = await Promise.all([import('@cocoi/engine'), import('@cocoi/onnx')])
    const value = (name: string) => makeValueInfo(name, 'float32', [1])
    const nodes = [makeNode('Relu', ['x'], ['y'])]
    const model = makeModel({ name: 'doctor', nodes, inputs: [value('x')], outputs: [value('y')] })
    const engine = createEngine({ threads: 1 })
    await engine.load(serializeModel(model)).finally(() => engine.close())
    return fine(check, `version ${runtimeVersion} loads`)
  } catch (error) {
    const reason = error instanceof Error ? error.message.split('\n')[0] : String(error)
    const fix =
      'use Debian or Raspberry Pi OS, 64-bit, and install the release for this platform anew'
    return failure(check, `cannot be loaded: ${reason}`, fix)
  }
}

/** In its place where there is no hope. */
export function skippedEngine(): Finding {
  return unknown('onnxruntime', 'not tried on this system')
}
