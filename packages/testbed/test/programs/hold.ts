// Starts a cluster of puppets and holds it until its stdin says to exit: hold OPTIONS.
import { startCluster } from '@cocoi/testbed'

await startCluster(JSON.parse(process.argv[2]!))
process.stdin.once('data', () => process.exit(0))
console.log('started')
