import { createServer } from 'node:net'

/** Takes what one connection brings, and prints how many bytes came per second. Argument: address. */
const server = createServer(socket => {
  let bytes = 0
  let startedAt = 0
  socket.on('data', data => {
    if (startedAt === 0) startedAt = performance.now()
    bytes += data.length
  })
  socket.once('end', () => {
    process.stdout.write(`${(1000 * bytes) / (performance.now() - startedAt)}\n`)
    socket.end()
    server.close()
  })
})
server.listen(5000, process.argv[2], () => process.stderr.write('listening\n'))
