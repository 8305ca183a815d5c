// Starts a cluster of puppets: start OPTIONS. Ends by itself only if nothing is left behind.
import { type ClusterOptions, startCluster } from '@cocoi/testbed'

const options: ClusterOptions = JSON.parse(process.argv[2]!)
await startCluster(options).then(
  () => console.log('started'),
  error => console.log(error.code),
)
