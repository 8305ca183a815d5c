// Writes records to the log: log [--json]
import { createLogger } from '@cocoi/service'

const logger = createLogger({ level: 'info', name: 'example', json: process.argv[2] === '--json' })
const cycle: { self?: object } = {}
cycle.self = cycle

logger.debug('too unimportant')
logger.info('listening', { host: '127.0.0.1', port: 1883, tls: false, absent: undefined })
logger.warn('dropped\n2026-01-01 a forged line', { topic: 'a b"c', reason: '\u001b[2J' })
logger.error('failed', { message: 'mine', level: 'debug', error: new Error('disk full') })
logger.info('odd', { cycle, big: 10n, bytes: new Uint8Array(3), nan: Number.NaN, list: [1, 'x'] })
logger.info('long', { text: 'x'.repeat(100_000) })
process.exit(0)
