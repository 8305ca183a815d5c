import { Site, TestbedError } from '@cocoi/testbed'

/** Emulates a computer until it is told to end. */
try {
  await Site.open(['left'])
  process.stdout.write('there\n')
  process.stdin.resume()
} catch (error) {
  if (!(error instanceof TestbedError)) throw error
  process.stderr.write(`${error.code}: ${error.message}\n`)
}
