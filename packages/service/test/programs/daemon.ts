// A daemon that behaves as its first argument says: daemon BEHAVIOUR [stopTimeoutMs]
import {
  createLogger,
  loadConfig,
  logSchema,
  orAborted,
  type RunningDaemon,
  runDaemon,
} from '@cocoi/service'

const behaviour = process.argv[2] ?? 'steady'
const stuckAtMs = performance.now() + 300
const never = new Promise<never>(() => {})
const keepAlive = setInterval(() => {}, 1000)

async function stop(): Promise<void> {
  console.error('stop was called')
  if (behaviour === 'never-stops') await never
  if (behaviour === 'fails-to-stop') throw new Error('the disk is gone')
  // A stop that takes a moment, as flushing and disconnecting does.
  await new Promise(resolve => setTimeout(resolve, 100))
  clearInterval(keepAlive)
  console.error('stopped')
}

async function start(signal: AbortSignal): Promise<RunningDaemon> {
  if (behaviour === 'fails-to-start') {
    throw Object.assign(new Error('port 1883 is in use'), { code: 'ERR_PORT_IN_USE' })
  }
  if (behaviour === 'badly-configured') loadConfig(logSchema, { section: 'log', flags: { jsn: 1 } })
  if (behaviour === 'waits-to-start') {
    console.log('waiting')
    await orAborted(never, signal)
  }
  if (behaviour === 'throws') setImmediate(() => fail('thrown'))
  if (behaviour === 'rejects') setImmediate(() => void Promise.reject(failure('rejected')))
  const isProgressing = () => behaviour !== 'gets-stuck' || performance.now() < stuckAtMs
  const givesUp = behaviour === 'gives-up' ? Promise.resolve(failure('given up')) : never
  return { ready: { port: 1883, host: 'a\nb' }, isProgressing, failure: givesUp, stop }
}

function failure(message: string): Error {
  return Object.assign(new Error(message), { code: 'ERR_TEST' })
}

function fail(message: string): never {
  throw failure(message)
}

await runDaemon({
  name: 'example',
  logger: () => createLogger({ ...loadConfig(logSchema, { section: 'log' }), name: 'example' }),
  start: (_, signal) => start(signal),
  stopTimeoutMs: Number(process.argv[3] ?? 60_000),
})
