import { connect } from 'node:net'

/** Sends zeros over one connection. Arguments: address, bytes. */
const [address, bytes] = process.argv.slice(2)
connect(5000, address!).end(Buffer.alloc(Number(bytes)))
