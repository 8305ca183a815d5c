import { fork } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { fileURLToPath } from 'node:url'

/** A port of this machine behind which there is one in a network namespace. */
export interface Door {
  readonly port: number
  close(): void
}

const program = fileURLToPath(new URL('./door-program.js', import.meta.url))

/**
 * Opens a port on 127.0.0.1 whose connections go on to the port `target` on the loopback interface of a
 * namespace. A socket stays in the namespace it was made in: a process in there is given the one that
 * listens here.
 */
export async function openDoor(namespace: string, target: number): Promise<Door> {
  const server = createServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  const child = fork(program, [String(target)], {
    execPath: 'nsenter',
    execArgv: [`--net=/run/netns/${namespace}`, process.execPath],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    detached: true,
  })
  child.send('server', server)
  await once(child, 'message')
  server.close()
  child.unref()
  child.channel?.unref()
  return { port, close: () => void child.kill('SIGKILL') }
}
