import {
  type Authenticate,
  type Broker,
  type BrokerEvent,
  type BrokerLimits,
  type BrokerOptions,
  startBroker,
} from '@cocoi/broker'
import type { Identity } from '@cocoi/protocol'

const LIMITS: BrokerLimits = {
  maxPacketBytes: 4_000_000,
  maxPacketBytesBeforeLogin: 8192,
  maxQueuedBytesPerClient: 4_000_000,
  maxConnections: 50,
  maxSubscriptionsPerClient: 20,
  connectTimeoutMs: 5000,
}

const USERS: Readonly<Record<string, Identity>> = {
  'pi-1': { role: 'device', id: 'pi-1' },
  'pi-2': { role: 'device', id: 'pi-2' },
  pi: { role: 'device', id: 'pi' },
  main: { role: 'coordinator', id: 'main' },
  cam: { role: 'sensor', id: 'cam' },
  wall: { role: 'viewer', id: 'wall' },
}

export const SECRET = 'open sesame'

export interface TestBroker extends Broker {
  readonly events: BrokerEvent[]
  /** The reasons of what was refused. */
  reasons(): string[]
}

type Options = Partial<Omit<BrokerOptions, 'limits'>> & {
  readonly limits?: Partial<BrokerLimits>
  readonly users?: boolean
}

const authenticate: Authenticate = async (username, password, { certified }) =>
  certified || Buffer.from(password).toString() === SECRET ? USERS[username] : undefined

/** A broker on a free port that knows a few users and remembers its events. */
export async function testBroker({
  limits,
  users = true,
  ...options
}: Options = {}): Promise<TestBroker> {
  const events: BrokerEvent[] = []
  const broker = await startBroker({
    host: '127.0.0.1',
    port: 0,
    base: 'cocoi',
    anonymous: 'loopback',
    ...(users && { authenticate }),
    onEvent: event => events.push(event),
    ...options,
    limits: { ...LIMITS, ...limits },
  })
  const refused = () => events.filter(({ type }) => type === 'refused')
  return { ...broker, events, reasons: () => refused().map(({ reason }) => reason ?? '') }
}
