/** What a tarball is made for, in npm's words. */
export interface Platform {
  /** As in the name of the tarball. */
  readonly name: string
  readonly os: 'linux'
  readonly cpu: 'arm64' | 'x64'
  readonly libc: 'glibc'
}

/** Where agents are installed: Raspberry Pi OS and Debian, 64 bits. onnxruntime has nothing for musl. */
export const PLATFORMS: readonly Platform[] = [
  { name: 'linux-arm64', os: 'linux', cpu: 'arm64', libc: 'glibc' },
  { name: 'linux-x64', os: 'linux', cpu: 'x64', libc: 'glibc' },
]

/** Whether what is made for `platform` runs here. */
export function runsHere({ os, cpu }: Platform): boolean {
  return process.platform === os && process.arch === cpu
}
