import { connect, type Server } from 'node:net'
import { pipeline } from 'node:stream'

/** Passes the connections of a socket from outside on to a port of this namespace; see `openDoor`. */
const port = Number(process.argv[2])

process.once('message', (_, server) => {
  const outside = server as Server
  outside.on('connection', visitor => {
    const host = connect(port, '127.0.0.1')
    for (const socket of [visitor, host]) socket.setNoDelay(true)
    const ignore = () => {} // An end that breaks off breaks off the other, which is all there is to do.
    pipeline(visitor, host, ignore)
    pipeline(host, visitor, ignore)
  })
  process.send!('open')
})
process.once('disconnect', () => process.exit())
